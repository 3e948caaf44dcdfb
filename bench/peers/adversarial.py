"""GANomaly, BiGAN and AnoGAN on the networks of DCGAN, written from the papers."""
import torch
import torch.nn.functional as F
from torch import nn

from learning import SYMMETRIC, in_batches, learn, measure, normalized, optimizer_of, step


def channels_of(options):
    return [3] + [options["width"] * 2**level for level in range(options["depth"])]


def down(channels):
    layers = []
    for level, (inputs, outputs) in enumerate(zip(channels, channels[1:])):
        layers += [nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False)]
        layers += [nn.BatchNorm2d(outputs)] if level > 0 else []
        layers += [nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers)


def up(channels, latent, smallest):
    layers = [nn.ConvTranspose2d(latent, channels[-1], smallest, bias=False)]
    for inputs, outputs in zip(channels[:0:-1], channels[-2::-1]):
        layers += [nn.BatchNorm2d(inputs), nn.ReLU(), nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False)]
    return nn.Sequential(*layers, nn.Tanh())


def begin(network):
    """All weights from a normal distribution of 0.02 (Radford et al. 2016, section 4)."""
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            nn.init.normal_(layer.weight, std=0.02)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return network


def as_real(logits):
    return F.softplus(-logits).mean()


def as_generated(logits):
    return F.softplus(logits).mean()


class Adversarial:
    """Alternating steps of `judging` and `learning`; those who inherit say with what losses."""

    def __init__(self, job):
        self.job, self.options = job, job["model"]
        self.channels, self.latent = channels_of(self.options), self.options["latent"]
        self.smallest = job["size"] // 2 ** self.options["depth"]
        self.build()
        begin(self.judging)
        begin(self.learning)

    def vector(self, outputs, bias):
        return nn.Conv2d(self.channels[-1], outputs, self.smallest, bias=bias)

    def codes(self, count):
        return torch.randn(count, self.latent, 1, 1)

    def fit(self, images):
        x = normalized(images, SYMMETRIC)
        options = self.options["training"]["optimizer"]
        optimizers = [optimizer_of(options, part.parameters()) for part in (self.judging, self.learning)]

        def step_on(chosen, _):
            step(optimizers[0], self.judging_loss(x[chosen]))
            step(optimizers[1], self.learning_loss(x[chosen]))

        learn(len(x), self.job["batchSize"], self.job["epochs"], step_on)
        see = lambda chosen: (self.judging_loss(x[chosen]), self.learning_loss(x[chosen]))
        measure([self.judging, self.learning], len(x), self.job["batchSize"], see)
        for part in (self.judging, self.learning):
            part.eval()
            part.requires_grad_(False)


class Ganomaly(Adversarial):
    def build(self):
        encoder = lambda: nn.Sequential(down(self.channels), self.vector(self.latent, False))
        decoder = up(self.channels, self.latent, self.smallest)
        self.learning = nn.ModuleList([encoder(), decoder, encoder()])
        self.judging = nn.ModuleList([down(self.channels), self.vector(1, False)])

    def generate(self, x):
        encoder, decoder, again = self.learning
        code = encoder(x)
        given = decoder(code)
        return given, code, again(given)

    def judging_loss(self, x):
        features, judge = self.judging
        given = self.generate(x)[0].detach()
        return 0.5 * (as_real(judge(features(x))) + as_generated(judge(features(given))))

    def learning_loss(self, x):
        features = self.judging[0]
        given, code, recoded = self.generate(x)
        weights = self.options["weights"]
        return (
            weights["adversarial"] * (features(x) - features(given)).square().mean()
            + weights["contextual"] * (x - given).abs().mean()
            + weights["encoder"] * (code - recoded).square().mean()
        )

    def score(self, images):
        def work(batch):
            x = normalized(batch, SYMMETRIC)
            given, code, recoded = self.generate(x)
            return (code - recoded).square().mean([1, 2, 3]), (x - given).abs().mean(1)

        return in_batches(images, self.job["batchSize"], work)


class Bigan(Adversarial):
    def build(self):
        hidden = self.options["hidden"]
        encoder = nn.Sequential(down(self.channels), self.vector(self.latent, True))
        self.learning = nn.ModuleList([encoder, up(self.channels, self.latent, self.smallest)])
        on_image = nn.Sequential(down(self.channels), self.vector(hidden, False), nn.Flatten())
        layers = [nn.Flatten(), nn.Linear(self.latent, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, hidden)]
        self.judging = nn.ModuleList([on_image, nn.Sequential(*layers), nn.Linear(hidden, 1)])

    def features(self, x, z):
        return F.leaky_relu(self.judging[0](x) + self.judging[1](z), 0.2)

    def pairs(self, x):
        """Logits of images and their codes, and of codes and their images."""
        encoder, generator = self.learning
        z = self.codes(len(x))
        judge = self.judging[2]
        return judge(self.features(x, encoder(x))), judge(self.features(generator(z), z))

    def judging_loss(self, x):
        encoded, generated = self.pairs(x)
        return 0.5 * (as_real(encoded) + as_generated(generated))

    def learning_loss(self, x):
        encoded, generated = self.pairs(x)
        return as_generated(encoded) + as_real(generated)

    def score(self, images):
        encoder, generator = self.learning
        alpha = self.options["alpha"]

        def work(batch):
            x = normalized(batch, SYMMETRIC)
            code = encoder(x)
            given = generator(code)
            residual = (x - given).abs()
            unlike = (self.features(x, code) - self.features(given, code)).abs().sum(1)
            return alpha * residual.sum([1, 2, 3]) + (1 - alpha) * unlike, residual.mean(1)

        return in_batches(images, self.job["batchSize"], work)


class Anogan(Adversarial):
    def build(self):
        self.learning = up(self.channels, self.latent, self.smallest)
        self.judging = nn.ModuleList([down(self.channels), self.vector(1, False)])

    def judged(self, x):
        features, judge = self.judging
        return judge(features(x))

    def judging_loss(self, x):
        made = self.learning(self.codes(len(x)))
        return 0.5 * (as_real(self.judged(x)) + as_generated(self.judged(made)))

    def learning_loss(self, x):
        return as_real(self.judged(self.learning(self.codes(len(x)))))

    def score(self, images):
        parts = [self.searched(normalized(batch, SYMMETRIC)) for batch in images.split(self.job["batchSize"])]
        return tuple(torch.cat(part) for part in zip(*parts))

    def searched(self, x):
        """The images of a batch at once: networks stand still, and of a sum each code has its own gradient."""
        features = self.judging[0]
        seen = features(x)
        codes = self.codes(len(x)).requires_grad_()
        optimizer = torch.optim.Adam([codes], lr=self.options["search"]["learningRate"])
        share = self.options["discrimination"]

        def distances():
            difference = (x - self.learning(codes)).abs()
            unlike = (seen - features(self.learning(codes))).abs().sum([1, 2, 3])
            return (1 - share) * difference.sum([1, 2, 3]) + share * unlike, difference.mean(1)

        for _ in range(self.options["search"]["steps"]):
            step(optimizer, distances()[0].sum())
        with torch.no_grad():
            return distances()

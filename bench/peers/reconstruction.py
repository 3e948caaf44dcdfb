"""Autoencoders by squared error and by structural similarity, variational ones, and DAGMM, written from the papers."""
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from autoencoder import Autoencoder
from learning import PLAIN, in_batches, learn, normalized, optimizer_of, step, with_maximum

sys.path.append(str(Path(__file__).parents[2] / "packages/autoencoder/fixtures"))
from make_dagmm import energies, mixture_of


def dissimilarity(x, y):
    """1 − structural similarity in a Gaussian window of 11x11, the mean over the channels (Wang et al. 2004)."""
    taps = torch.exp(-((torch.arange(11) - 5.0) ** 2) / (2 * 1.5**2))
    window = (taps[:, None] * taps / taps.sum() ** 2).expand(x.shape[1], 1, 11, 11)
    blurred = lambda values: F.conv2d(F.pad(values, (5, 5, 5, 5), mode="reflect"), window, groups=x.shape[1])
    a, b = blurred(x), blurred(y)
    of_x, of_y, of_both = blurred(x * x) - a * a, blurred(y * y) - b * b, blurred(x * y) - a * b
    c1, c2 = 0.01**2, 0.03**2
    similarity = (2 * a * b + c1) * (2 * of_both + c2) / ((a * a + b * b + c1) * (of_x.relu() + of_y.relu() + c2))
    return 1 - similarity.mean(1)


class Reconstruction:
    def __init__(self, job):
        self.job, self.options = job, job["model"]
        self.variational = self.options["variational"]
        self.network = Autoencoder(job["size"], self.options["latent"], self.variational)
        squared = lambda x, y: (x - y).square().mean(1)
        self.error = squared if self.options["error"] == "squared" else dissimilarity

    def fit(self, images):
        images = normalized(images, PLAIN)
        optimizer = optimizer_of(self.options["training"]["optimizer"], self.network.parameters())

        def step_on(chosen, _):
            x = images[chosen]
            code, divergence = self.network.encode(x), 0
            if self.variational:
                mean, log_variance = code.chunk(2, 1)
                code = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
                divergence = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum([1, 2, 3]).mean()
            error = self.error(x, self.network.decode(code)).mean()
            step(optimizer, error + self.options["beta"] * divergence / x[0].numel())

        learn(len(images), self.job["batchSize"], self.job["epochs"], step_on)

    def score(self, images):
        def work(batch):
            x = normalized(batch, PLAIN)
            code = self.network.encode(x)
            given = self.network.decode(code.chunk(2, 1)[0] if self.variational else code)
            return self.error(x, given)

        return with_maximum(in_batches(images, self.job["batchSize"], work))


class Dagmm:
    def __init__(self, job):
        self.job, self.options = job, job["model"]
        latent = self.options["latent"]
        self.network = Autoencoder(job["size"], latent)
        self.estimation = nn.Sequential(
            nn.Linear(latent + 2, self.options["hidden"]),
            nn.Tanh(),
            nn.Dropout(self.options["dropout"]),
            nn.Linear(self.options["hidden"], self.options["components"]),
            nn.Softmax(1),
        )

    def seen(self, x):
        """x̂, and z: the code, the relative distance and the cosine. Mixtures are of 64 bits."""
        code = self.network.encode(x)
        given = self.network.decode(code)
        a, b = x.flatten(1), given.flatten(1)
        distance = (a - b).norm(dim=1) / a.norm(dim=1)
        return given, torch.cat([code.flatten(1), distance[:, None], F.cosine_similarity(a, b)[:, None]], 1)

    def fit(self, images):
        images = normalized(images, PLAIN)
        weights = self.options["weights"]
        parts = nn.ModuleList([self.network, self.estimation])
        optimizer = optimizer_of(self.options["training"]["optimizer"], parts.parameters())

        def step_on(chosen, _):
            x = images[chosen]
            given, z = self.seen(x)
            loss = (x - given).square().sum([1, 2, 3]).mean()
            if len(x) > z.shape[1]:
                mixture = mixture_of(z.double(), self.estimation(z).double())
                penalty = (1 / torch.diagonal(mixture[2], dim1=1, dim2=2)).sum()
                energy = energies(z.double(), *mixture).mean()
                loss = loss + weights["energy"] * energy + weights["covariance"] * penalty
            step(optimizer, loss)

        learn(len(images), self.job["batchSize"], self.job["epochs"], step_on)
        self.estimation.eval()
        z = in_batches(images, self.job["batchSize"], lambda x: self.seen(x)[1])
        with torch.no_grad():
            self.mixture = mixture_of(z.double(), self.estimation(z).double())

    def score(self, images):
        def work(batch):
            x = normalized(batch, PLAIN)
            given, z = self.seen(x)
            return energies(z.double(), *self.mixture), (x - given).square().mean(1)

        return in_batches(images, self.job["batchSize"], work)

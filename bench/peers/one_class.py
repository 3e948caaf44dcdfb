"""Deep SVDD with a hard boundary, of whole images and of each position, written from the paper."""
import torch
from torch import nn

from learning import IMAGENET, in_batches, learn, measure, normalized, optimizer_of, step, upsampled

CHANNELS, SLOPE = [3, 32, 64, 128, 128], 0.1


class DeepSvdd:
    def __init__(self, job):
        self.job, self.options = job, job["model"]
        latent, self.dense = self.options["latent"], self.options["dense"]
        smallest = 1 if self.dense else job["size"] // 2 ** (len(CHANNELS) - 1)
        down = list(zip(CHANNELS, CHANNELS[1:]))
        layers = []
        for inputs, outputs in down:
            layers += [nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs, affine=False)]
            layers += [nn.LeakyReLU(SLOPE)]
        self.network = nn.Sequential(*layers, nn.Conv2d(CHANNELS[-1], latent, smallest, bias=False))
        layers = [nn.ConvTranspose2d(latent, CHANNELS[-1], smallest, bias=False)]
        for inputs, outputs in reversed(down):
            layers += [nn.LeakyReLU(SLOPE), nn.ConvTranspose2d(outputs, inputs, 4, 2, 1)]
        self.decoder = nn.Sequential(*layers)

    def fit(self, images):
        x = normalized(images, IMAGENET)
        count, batch_size = len(x), self.job["batchSize"]
        pretraining = self.options["pretraining"]
        both = nn.Sequential(self.network, self.decoder)
        optimizer = optimizer_of(pretraining["optimizer"], both.parameters())
        pretrain = lambda chosen, _: step(optimizer, (both(x[chosen]) - x[chosen]).square().mean())
        learn(count, batch_size, pretraining["epochs"], pretrain)

        self.network.eval()
        centre = in_batches(x, batch_size, lambda batch: self.network(batch).mean([2, 3])).mean(0)
        near = centre.abs() < 0.1
        centre[near] = torch.where(centre[near] < 0, -0.1, 0.1)
        self.centre = centre.view(1, -1, 1, 1)
        self.network.train()
        optimizer = optimizer_of(self.options["training"]["optimizer"], self.network.parameters())
        train = lambda chosen, _: step(optimizer, self.distances(x[chosen]).mean())
        learn(count, batch_size, self.job["epochs"], train)
        measure([self.network], count, batch_size, lambda chosen: self.network(x[chosen]))
        self.network.eval()

    def distances(self, x):
        return (self.network(x) - self.centre).square().sum(1)

    def score(self, images):
        found = in_batches(
            images, self.job["batchSize"], lambda batch: self.distances(normalized(batch, IMAGENET))
        )
        return found.amax([1, 2]), upsampled(found, self.job["size"]) if self.dense else None

"""CutPaste in three classes, and geometric transformations, written from the papers."""
import math
import random
import sys
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F
from PIL import Image
from sklearn.covariance import LedoitWolf
from torch import nn
from torchvision.transforms import ColorJitter

from frozen import Pyramid
from learning import IMAGENET, SYMMETRIC, in_batches, learn, measure, normalized, optimizer_of, step

sys.path.append(str(Path(__file__).parents[2] / "packages/self-supervision/fixtures"))
from make_dirichlet import concentration
from make_geometric import WideResNet
from make_transformations import all_transformed


def pasted(picture, along, across, angle, jitter):
    """A piece of a PIL image, its colours jittered, turned, and pasted elsewhere into it."""
    width, height = picture.size
    left, top = random.randint(0, width - along), random.randint(0, height - across)
    piece = ColorJitter(jitter, jitter, jitter)(picture.crop((left, top, left + along, top + across)))
    mask = Image.new("L", piece.size, 255)
    if angle:
        piece, mask = piece.rotate(angle, expand=True), mask.rotate(angle, expand=True)
    changed = picture.copy()
    at = (random.randint(0, max(0, width - piece.width)), random.randint(0, max(0, height - piece.height)))
    changed.paste(piece, at, mask)
    return changed


def rectangle(picture, jitter):
    width, height = picture.size
    area = random.uniform(0.02, 0.15) * width * height
    aspect = random.choice([random.uniform(0.3, 1), random.uniform(1, 3.3)])
    along, across = min(width, round(math.sqrt(area * aspect))), min(height, round(math.sqrt(area / aspect)))
    return pasted(picture, along, across, 0, jitter)


def scar(picture, jitter):
    """2 to 16 by 10 to 25 pixels of an image of 256."""
    unit = picture.width / 256
    along, across = max(1, round(random.uniform(2, 16) * unit)), max(2, round(random.uniform(10, 25) * unit))
    return pasted(picture, along, across, random.uniform(-45, 45), jitter)


class CutPaste:
    def __init__(self, job):
        self.job, self.options = job, job["model"]
        random.seed(job["seed"])
        self.network = Pyramid(job)
        layers, inputs = [], 256
        for outputs in self.options["head"]:
            layers += [nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.ReLU()]
            inputs = outputs
        self.head = nn.Sequential(*layers, nn.Linear(inputs, 3))

    def vectors(self, x):
        return self.network(x)[-1].mean([2, 3])

    def fit(self, images):
        count, batch_size, options = len(images), self.job["batchSize"], self.options
        pictures = [Image.fromarray(image.permute(1, 2, 0).numpy()) for image in images]

        def loss_of(chosen):
            wholes = [pictures[at] for at in chosen.tolist()]
            changed = [paste(picture, options["jitter"]) for paste in (rectangle, scar) for picture in wholes]
            x = torch.stack([torch.from_numpy(numpy.array(p)).permute(2, 0, 1) for p in wholes + changed])
            labels = torch.arange(3).repeat_interleave(len(wholes))
            return F.cross_entropy(self.head(self.vectors(normalized(x, IMAGENET))), labels)

        self.network.eval()
        optimizer = optimizer_of(options["training"]["optimizer"], self.head.parameters())
        learn(count, batch_size, options["headEpochs"], lambda chosen, _: step(optimizer, loss_of(chosen)))

        self.network.train()
        parts = nn.ModuleList([self.network, self.head])
        moved = [p for n, p in parts.named_parameters() if "layer4" not in n and ".fc." not in n]
        optimizer = optimizer_of(options["training"]["optimizer"], moved)
        rate = options["training"]["optimizer"]["learningRate"]

        def step_on(chosen, progress):
            for group in optimizer.param_groups:
                group["lr"] = rate * (1 + math.cos(math.pi * progress)) / 2
            step(optimizer, loss_of(chosen))

        learn(count, batch_size, self.job["epochs"], step_on)
        measure([self.network], count, batch_size, loss_of)
        self.network.eval()
        self.density = LedoitWolf().fit(self.directions(images).numpy())

    def directions(self, images):
        work = lambda batch: F.normalize(self.vectors(normalized(batch, IMAGENET)))
        return in_batches(images, self.job["batchSize"], work)

    def score(self, images):
        return torch.from_numpy(self.density.mahalanobis(self.directions(images).numpy())).sqrt(), None


class GeometricTransformations:
    def __init__(self, job):
        self.job, self.options = job, job["model"]
        self.network = WideResNet(self.options["width"])
        self.shift = round(self.options["shift"] * job["size"])

    def transformed(self, images):
        """[N, 72, 3, H, H] of 8 bits."""
        every = [all_transformed(image.permute(1, 2, 0).numpy(), self.shift) for image in images]
        return torch.from_numpy(numpy.stack(every)).permute(0, 1, 4, 2, 3)

    def fit(self, images):
        count, batch_size, views = len(images), self.job["batchSize"], self.options["views"]
        every = self.transformed(images)
        classes = every.shape[1]
        optimizer = optimizer_of(self.options["training"]["optimizer"], self.network.parameters())

        def loss_of(chosen):
            labels = torch.stack([torch.randperm(classes)[:views] for _ in chosen])
            x = every[chosen[:, None], labels].flatten(0, 1)
            return F.cross_entropy(self.network(normalized(x, SYMMETRIC)), labels.flatten())

        learn(count, batch_size, self.job["epochs"], lambda chosen, _: step(optimizer, loss_of(chosen)))
        measure([self.network], count, batch_size, loss_of)
        self.network.eval()
        means = self.log_probabilities(every).mean(0).double().numpy()
        self.alpha = torch.from_numpy(numpy.stack([concentration(row) for row in means]))

    def log_probabilities(self, every):
        """[N, 72, 72]."""
        work = lambda x: F.log_softmax(self.network(normalized(x.flatten(0, 1), SYMMETRIC)), 1)
        return in_batches(every, 4, lambda x: work(x).reshape(len(x), x.shape[1], -1))

    def score(self, images):
        logs = self.log_probabilities(self.transformed(images)).double()
        return -((self.alpha - 1) * logs).sum([1, 2]) / len(self.alpha), None

"""FastFlow, CFLOW-AD and DifferNet on a frozen ResNet-18, written from the papers."""
import math

import torch
import torch.nn.functional as F
from scipy.ndimage import gaussian_filter
from torch import nn
from torchvision.transforms.functional import rotate

from fast_flow import FastFlow as Levels
from frozen import features_of
from learning import IMAGENET, in_batches, learn, normalized, optimizer_of, step, upsampled, with_maximum


def clamped(scale, clamp):
    return 2 * clamp / math.pi * torch.atan(scale / clamp)


def zeroed(linear):
    """The last layer of a subnet: a flow begins as an order of the channels."""
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    return linear


class FastFlow:
    def __init__(self, job):
        self.job, self.options = job, job["model"]
        self.features = features_of(job)

    def fit(self, images):
        kept = in_batches(images, self.job["batchSize"], lambda batch: tuple(self.features(batch)))
        self.flow = Levels([maps.shape[1:] for maps in kept])
        optimizer = optimizer_of(self.options["training"]["optimizer"], self.flow.parameters())
        step_on = lambda chosen, _: step(optimizer, self.flow.loss([maps[chosen] for maps in kept]))
        learn(len(images), self.job["batchSize"], self.job["epochs"], step_on)

    def score(self, images):
        def work(batch):
            maps = []
            for level, features in zip(self.flow.levels, self.features(batch)):
                z, _ = level(features)
                maps.append(upsampled(1 - torch.exp(-0.5 * z.square().mean(1)), self.job["size"]))
            return torch.stack(maps).mean(0)

        return with_maximum(in_batches(images, self.job["batchSize"], work))


def position_code(height, width, channels):
    """[H · W, D]: sines and cosines of the column, then of the row."""
    code = torch.zeros(height, width, channels)
    half = channels // 2
    frequency = torch.exp(torch.arange(0, half, 2) * -(math.log(10000) / half))
    column, row = torch.arange(width)[:, None] * frequency, torch.arange(height)[:, None] * frequency
    code[..., 0:half:2], code[..., 1:half:2] = torch.sin(column)[None], torch.cos(column)[None]
    code[..., half::2], code[..., half + 1 :: 2] = torch.sin(row)[:, None], torch.cos(row)[:, None]
    return code.reshape(-1, channels)


class ConditionalFlow(nn.Module):
    def __init__(self, channels, code_channels, steps, clamp):
        super().__init__()
        self.kept, changed, self.clamp = channels - channels // 2, channels // 2, clamp
        inputs = self.kept + code_channels
        self.log_scales = nn.ParameterList(torch.zeros(channels) for _ in range(steps))
        self.offsets = nn.ParameterList(torch.zeros(channels) for _ in range(steps))
        self.subnets = nn.ModuleList(
            nn.Sequential(nn.Linear(inputs, 2 * inputs), nn.ReLU(), zeroed(nn.Linear(2 * inputs, 2 * changed)))
            for _ in range(steps)
        )
        self.orders = [torch.randperm(channels) for _ in range(steps)]

    def forward(self, x, code):
        """log p / C of each vector."""
        log = 0
        for log_scale, offset, subnet, order in zip(self.log_scales, self.offsets, self.subnets, self.orders):
            x = (x * log_scale.exp() + offset)[:, order]
            kept, other = x[:, : self.kept], x[:, self.kept :]
            scale, moved = subnet(torch.cat([kept, code], 1)).chunk(2, 1)
            scale = clamped(scale, self.clamp)
            x = torch.cat([kept, other * scale.exp() + moved], 1)
            log = log + scale.sum(1) + log_scale.sum()
        channels = x.shape[1]
        return (log - 0.5 * x.square().sum(1) - 0.5 * channels * math.log(2 * math.pi)) / channels


class Cflow:
    def __init__(self, job):
        self.job, self.options = job, job["model"]
        self.features = features_of(job)

    def fit(self, images):
        options, batch_size = self.options, self.job["batchSize"]
        kept = in_batches(images, batch_size, lambda batch: tuple(self.features(batch)))
        self.levels, optimizers = [], []
        for maps in kept:
            _, channels, height, width = maps.shape
            flow = ConditionalFlow(channels, options["codeChannels"], options["steps"], options["clamp"])
            self.levels.append((flow, position_code(height, width, options["codeChannels"])))
            optimizers.append(optimizer_of(options["training"]["optimizer"], flow.parameters()))

        def step_on(chosen, _):
            for (flow, code), optimizer, maps in zip(self.levels, optimizers, kept):
                rows = maps[chosen].flatten(2).transpose(1, 2).flatten(0, 1)
                fibre = torch.randperm(len(rows))[: options["fibre"]]
                step(optimizer, -F.logsigmoid(flow(rows[fibre], code[fibre % len(code)])).mean())

        learn(len(images), batch_size, self.job["epochs"], step_on)
        self.likeliest = [
            in_batches(maps, batch_size, lambda some: self.likelihood(level, some)).max()
            for level, maps in zip(self.levels, kept)
        ]

    @staticmethod
    def likelihood(level, maps):
        flow, code = level
        count, _, height, width = maps.shape
        rows = maps.flatten(2).transpose(1, 2).flatten(0, 1)
        return flow(rows, code.repeat(count, 1)).reshape(count, height, width)

    def score(self, images):
        def work(batch):
            maps = []
            for level, most, features in zip(self.levels, self.likeliest, self.features(batch)):
                maps.append(upsampled(1 - torch.exp(self.likelihood(level, features) - most), self.job["size"]))
            sigma = self.options["smoothing"]
            return torch.from_numpy(gaussian_filter(torch.stack(maps).mean(0).numpy(), (0, sigma, sigma)))

        return with_maximum(in_batches(images, self.job["batchSize"], work))


class VectorFlow(nn.Module):
    def __init__(self, channels, steps, hidden, clamp):
        super().__init__()
        self.half, self.clamp = channels // 2, clamp

        def subnet():
            widths = [self.half, hidden, hidden, hidden]
            layers = [layer for i, o in zip(widths, widths[1:]) for layer in (nn.Linear(i, o), nn.ReLU())]
            return nn.Sequential(*layers, zeroed(nn.Linear(hidden, channels)))

        self.subnets = nn.ModuleList(nn.ModuleList([subnet(), subnet()]) for _ in range(steps))
        self.orders = [torch.randperm(channels) for _ in range(steps)]

    def moved(self, x, said):
        scale, offset = said.chunk(2, 1)
        scale = clamped(scale, self.clamp)
        return x * scale.exp() + offset, scale.sum(1)

    def forward(self, y):
        log = 0
        for (first, second), order in zip(self.subnets, self.orders):
            y = y[:, order]
            a, b = y[:, : self.half], y[:, self.half :]
            b, stretched = self.moved(b, first(a))
            a, more = self.moved(a, second(b))
            y, log = torch.cat([b, a], 1), log + stretched + more
        return y, log


class DifferNet:
    def __init__(self, job):
        self.job, self.options = job, job["model"]
        self.features = features_of(job)
        turns = torch.rand(self.options["views"] - 1) * 2 - 1
        self.angles = [0.0, *(turns * self.options["rotation"]).tolist()]

    def vectors(self, batch):
        """[N, views, C]."""
        x = normalized(batch, IMAGENET)
        views = []
        for angle in self.angles:
            scaled, pooled = rotate(x, angle) if angle else x, []
            for scale in range(self.options["scales"]):
                if scale > 0:
                    side = self.job["size"] // 2**scale
                    scaled = F.interpolate(scaled, (side, side), mode="bilinear", align_corners=False)
                pooled += [maps.mean([2, 3]) for maps in self.features(scaled, is_normalized=True)]
            views.append(torch.cat(pooled, 1))
        return torch.stack(views, 1)

    def fit(self, images):
        options, batch_size = self.options, self.job["batchSize"]
        kept = in_batches(images, batch_size, self.vectors)
        channels = kept.shape[2]
        self.flow = VectorFlow(channels, options["steps"], options["hidden"], options["clamp"])
        optimizer = optimizer_of(options["training"]["optimizer"], self.flow.parameters())

        def step_on(chosen, _):
            z, log = self.flow(kept[chosen].flatten(0, 1))
            step(optimizer, (0.5 * z.square().sum(1) - log).mean() / channels)

        learn(len(images), batch_size, self.job["epochs"], step_on)

    def score(self, images):
        def work(batch):
            vectors = self.vectors(batch)
            z, _ = self.flow(vectors.flatten(0, 1))
            return z.square().mean(1).reshape(len(batch), -1).mean(1)

        return in_batches(images, self.job["batchSize"], work), None

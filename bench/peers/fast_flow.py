"""FastFlow's flows with the defaults of ours: eight steps of 3x3 convolutions for each layer, written from the paper."""
import math

import torch
import torch.nn as nn

STEPS, CLAMP = 8, 2.0


class Level(nn.Module):
    def __init__(self, shape):
        super().__init__()
        channels = shape[0]
        self.kept, changed = channels - channels // 2, channels // 2
        self.norm = nn.LayerNorm(list(shape))
        self.orders = [torch.randperm(channels) for _ in range(STEPS)]
        self.first = nn.ModuleList(nn.Conv2d(self.kept, self.kept, 3, padding=1) for _ in range(STEPS))
        self.second = nn.ModuleList(nn.Conv2d(self.kept, 2 * changed, 3, padding=1) for _ in range(STEPS))
        for convolution in self.second:
            nn.init.zeros_(convolution.weight)
            nn.init.zeros_(convolution.bias)

    def forward(self, x):
        x = self.norm(x)
        log_determinant = 0
        for order, first, second in zip(self.orders, self.first, self.second):
            x = x[:, order]
            kept, other = x[:, : self.kept], x[:, self.kept :]
            scale, offset = second(torch.relu(first(kept))).chunk(2, 1)
            scale = 2 * CLAMP / math.pi * torch.atan(scale / CLAMP)
            x = torch.cat([kept, other * torch.exp(scale) + offset], 1)
            log_determinant = log_determinant + scale.sum([1, 2, 3])
        return x, log_determinant


class FastFlow(nn.Module):
    def __init__(self, shapes):
        super().__init__()
        self.levels = nn.ModuleList(Level(shape) for shape in shapes)

    def loss(self, features):
        total = 0
        for level, maps in zip(self.levels, features):
            z, log_determinant = level(maps)
            total = total + (0.5 * z.square().sum([1, 2, 3]) - log_determinant).mean()
        return total

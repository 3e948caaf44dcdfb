"""The step of ../train-step.mjs in PyTorch. For each line on stdin it takes one step and answers with the milliseconds.

python3 train_step.py BATCH SIZE THREADS [channels_last]
"""
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride > 1:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        return F.relu(y + (self.downsample(x) if self.downsample else x), inplace=True)


class Network(nn.Module):
    """ResNet-18 up to layer3."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        sizes = [(64, 64, 1), (64, 128, 2), (128, 256, 2)]
        self.layers = nn.ModuleList(nn.Sequential(Block(i, o, s), Block(o, o, 1)) for i, o, s in sizes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x)), inplace=True), 3, 2, 1)
        features = []
        for layer in self.layers:
            x = layer(x)
            features.append(x)
        return features


def main():
    batch, size, threads = map(int, sys.argv[1:4])
    memory_format = torch.channels_last if "channels_last" in sys.argv else torch.contiguous_format
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    teacher = Network().to(memory_format=memory_format).eval()
    student = Network().to(memory_format=memory_format).train()
    optimizer = torch.optim.SGD(student.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    images = torch.randn(batch, 3, size, size).to(memory_format=memory_format)
    with torch.no_grad():
        targets = [F.normalize(f) for f in teacher(images)]
    for _ in sys.stdin:
        start = time.perf_counter()
        loss = sum(
            0.5 / (t.shape[2] * t.shape[3]) * (t - F.normalize(f)).square().sum()
            for t, f in zip(targets, student(images))
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
        print((time.perf_counter() - start) * 1e3, flush=True)


main()

"""ResNet-18 up to layer3, as torchvision writes it, and the student with bottlenecks of Simple Student."""
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    def __init__(self, inputs, inner, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, inner, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride > 1:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        return F.relu(y + (self.downsample(x) if self.downsample else x), inplace=True)


class Network(nn.Module):
    def __init__(self, inner=(64, 128, 256)):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        sizes = zip((64, 64, 128), inner, (64, 128, 256), (1, 2, 2))
        self.layers = nn.ModuleList(nn.Sequential(Block(i, n, o, s), Block(o, n, o, 1)) for i, n, o, s in sizes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x)), inplace=True), 3, 2, 1)
        features = []
        for layer in self.layers:
            x = layer(x)
            features.append(x)
        return features


def students_of(method):
    """As many students as the method has, from random weights."""
    if method == "simple-student":
        return [Network(inner=(16, 16, 32))]
    return [Network() for _ in range(3 if method == "fvv" else 1)]

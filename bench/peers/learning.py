"""What peers that are trained have in common: batches in a random order, optimizers, and statistics of batch normalisation computed anew."""
import math

import torch
import torch.nn.functional as F
from torch import nn

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
PLAIN = ((0.0,) * 3, (1.0,) * 3)
SYMMETRIC = ((0.5,) * 3, (0.5,) * 3)
MEASURED_IMAGES = 128


def normalized(images, normalization):
    """Images of 8 bits, [N, 3, H, W]."""
    mean, deviation = (torch.tensor(values).view(1, 3, 1, 1) for values in normalization)
    return (images.float() / 255 - mean) / deviation


def optimizer_of(options, parameters):
    parameters = list(parameters)
    if options["type"] == "sgd":
        return torch.optim.SGD(
            parameters, options["learningRate"], momentum=options["momentum"], weight_decay=options["weightDecay"]
        )
    return torch.optim.Adam(
        parameters,
        options["learningRate"],
        betas=(options["beta1"], options["beta2"]),
        eps=options["epsilon"],
        weight_decay=options["weightDecay"],
    )


def step(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def learn(count, batch_size, epochs, step_on):
    """`step_on` is given the numbers of the images of a batch, and how far all is, 0 to 1."""
    steps = math.ceil(count / batch_size)
    for epoch in range(epochs):
        for at, chosen in enumerate(torch.randperm(count).split(batch_size)):
            step_on(chosen, (epoch * steps + at + 0.5) / (epochs * steps))


def measure(networks, count, batch_size, see):
    """The mean of the statistics of batches of the first 128 images; `see` runs the networks on the images of these numbers."""
    norms = [m for network in networks for m in network.modules() if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d))]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    with torch.no_grad():
        for chosen in torch.randperm(count)[:MEASURED_IMAGES].split(batch_size):
            see(chosen)
    for norm in norms:
        norm.momentum = 0.1


def in_batches(images, batch_size, work):
    """What `work` makes of batches, put together: a tensor, or a tuple of them."""
    with torch.no_grad():
        parts = [work(batch) for batch in images.split(batch_size)]
    if isinstance(parts[0], tuple):
        return tuple(torch.cat(part) for part in zip(*parts))
    return torch.cat(parts)


def upsampled(maps, size):
    """[N, h, w] to [N, size, size]."""
    return F.interpolate(maps[:, None], (size, size), mode="bilinear", align_corners=False)[:, 0]


def with_maximum(maps):
    """Scores of images, and their maps."""
    return maps.amax([1, 2]), maps

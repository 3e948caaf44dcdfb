"""torchvision's ResNet-18 with the weights of a file."""
import torch
import torchvision
from safetensors.torch import load_file

from learning import IMAGENET, normalized


class Pyramid(torch.nn.Module):
    """The layers that are asked for, shallow to deep."""

    def __init__(self, job):
        super().__init__()
        self.network = torchvision.models.resnet18()
        missing = self.network.load_state_dict(load_file(job["weights"]), strict=False).missing_keys
        wrong = [key for key in missing if "num_batches" not in key and not key.startswith(("layer4", "fc"))]
        assert not wrong, wrong
        self.layers = job["model"]["layers"]

    def forward(self, x):
        network, found = self.network, []
        x = network.maxpool(network.relu(network.bn1(network.conv1(x))))
        for name in ("layer1", "layer2", "layer3"):
            x = getattr(network, name)(x)
            if name in self.layers:
                found.append(x)
            if name == self.layers[-1]:
                return found


def features_of(job):
    """Of images of 8 bits, or of normalised ones: the layers' maps."""
    pyramid = Pyramid(job).eval().requires_grad_(False)
    return lambda images, is_normalized=False: pyramid(images if is_normalized else normalized(images, IMAGENET))

"""The convolutional autoencoder with the defaults of ours: five halvings, 32 to 128 channels, a code of 100 numbers."""
import torch.nn as nn

CHANNELS, LATENT, SLOPE = [3, 32, 64, 128, 128, 128], 100, 0.2


class Autoencoder(nn.Module):
    def __init__(self, size, latent=LATENT, variational=False):
        super().__init__()
        smallest = size // 2 ** (len(CHANNELS) - 1)
        down = zip(CHANNELS, CHANNELS[1:])
        up = list(zip(CHANNELS[:0:-1], CHANNELS[-2::-1]))
        layers = [m for i, o in down for m in (nn.Conv2d(i, o, 4, 2, 1), nn.LeakyReLU(SLOPE))]
        self.encode = nn.Sequential(*layers, nn.Conv2d(CHANNELS[-1], (2 if variational else 1) * latent, smallest))
        layers = [nn.ConvTranspose2d(latent, CHANNELS[-1], smallest), nn.LeakyReLU(SLOPE)]
        for index, (i, o) in enumerate(up):
            layers += [nn.ConvTranspose2d(i, o, 4, 2, 1)]
            layers += [nn.LeakyReLU(SLOPE) if index < len(up) - 1 else nn.Sigmoid()]
        self.decode = nn.Sequential(*layers)

    def forward(self, images):
        return self.decode(self.encode(images))

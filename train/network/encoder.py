"""Image encoders: an image in, a map of pixel-aligned features out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from train.network.upsampling import upsampled


class Encoder(nn.Module, ABC):
    """An encoder: a module with `channels` that maps images over black, scaled to [-1, 1], to feature maps.

    A feature map covers the whole image: its column i spans u = [i, i + 1) * W / w.
    """

    channels: int

    @abstractmethod
    def forward(self, images: Float[Tensor, "s 3 H W"]) -> Float[Tensor, "s c h w"]:
        """Encode `s` images; in train mode BatchNorm takes its statistics from all of them."""


def published_resnet34() -> Any:
    """Make torchvision's ResNet-34 with random weights. Raises ImportError where torchvision does not fit torch."""
    try:
        import torchvision.models  # 1.7 s, which commands with a small encoder do without
    except (OSError, RuntimeError) as error:  # who reads a model takes these for a damaged file
        raise ImportError(f"torchvision cannot be imported: {error}") from error
    return torchvision.models.resnet34(weights=None)


class ResNet34Encoder(Encoder):
    """ResNet-34's stem and layers 1 to 3 at the stem's half resolution, concatenated (paper, section Network).

    The modules have torchvision's names, so that its weights load as they are.
    """

    channels = 64 + 64 + 128 + 256

    def __init__(self) -> None:
        """Random weights."""
        super().__init__()
        published = published_resnet34()
        self.conv1 = published.conv1
        self.bn1 = published.bn1
        self.layer1 = published.layer1
        self.layer2 = published.layer2
        self.layer3 = published.layer3

    def forward(self, images: Float[Tensor, "s 3 H W"]) -> Float[Tensor, "s c h w"]:
        """Return feature maps at half resolution. The stem is taken before the pool, as in PixelNeRF."""
        stem = F.relu(self.bn1(self.conv1(images)))
        first = self.layer1(F.max_pool2d(stem, kernel_size=3, stride=2, padding=1))
        second = self.layer2(first)
        return _concatenated([stem, first, second, self.layer3(second)])


class SmallEncoder(Encoder):
    """An encoder for CPUs: four levels from 1/2 to 1/16 resolution, brought to the first one's and concatenated.

    The last level sees the whole of a 128-pixel image, so that a hidden side can be guessed from the rest.
    """

    widths = (8, 16, 16, 24)
    inner = (16, 32, 64, 64)
    channels = sum(widths)

    def __init__(self) -> None:
        """Random weights."""
        super().__init__()
        inputs = (3, *self.inner[:-1])
        self.levels = nn.ModuleList(
            _convolution(i, o, kernel=5 if i == 3 else 3, stride=2) for i, o in zip(inputs, self.inner, strict=True)
        )
        self.context = _convolution(self.inner[-1], self.inner[-1], kernel=5, stride=1)
        self.outputs = nn.ModuleList(nn.Conv2d(i, o, 1) for i, o in zip(self.inner, self.widths, strict=True))

    def forward(self, images: Float[Tensor, "s 3 H W"]) -> Float[Tensor, "s c h w"]:
        """Return feature maps at half resolution."""
        maps = []
        # The channels of a cell side by side in memory: a CPU's convolutions are faster, and so are the pixel features.
        level = images if images.is_cuda else images.contiguous(memory_format=torch.channels_last)
        for convolution in self.levels:
            level = convolution(level)
            maps.append(level)
        maps[-1] = self.context(level)
        return _concatenated([output(inner) for output, inner in zip(self.outputs, maps, strict=True)])


def _convolution(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
    )


def _concatenated(maps: list[Tensor]) -> Tensor:
    """Join maps of falling resolution into one, at the resolution of the first."""
    height, width = maps[0].shape[-2:]
    return torch.cat([upsampled(map_, height, width) for map_ in maps], dim=1)

"""A vision transformer cut off after the requested features: no later blocks, only the needed part of the last."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.config.teacher_settings import Facet
from pipeline.teachers.position_embedding import resampled

THIRDS = ("query", "key", "value")  # in the order of a block's qkv layer
# ImageNet's mean and standard deviation of sRGB values 0..1, which all three networks were trained with.
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class VitTrunk(nn.Module):
    """The shortened network: images (n, h, w, 3) of sRGB values 0..1 to maps (n, cells, cells, channels) in `dtype`.

    Matrix products and attention are in `dtype`. The residual stream, normalisation, position and layer scale stay in
    fp32: in a trained network the stream grows far larger than what a block adds to it.
    """

    position: Tensor
    prefix: Tensor
    rope: Tensor | None
    mean: Tensor
    std: Tensor

    def __init__(
        self, model: Any, rope: Tensor | None, block: int, facet: Facet, cells: int, dtype: torch.dtype
    ) -> None:
        """Take the parts of a model of timm with its weights; the model must not be used again. Gradients are off.

        `rope` (cells^2, 2 x channels of a head) are the sines and cosines of rotary positions, for DINOv3.
        """
        super().__init__()
        self.cells, self.dtype = cells, dtype
        self.patch_size: int = model.patch_embed.patch_size[0]
        self.patch = _linear(model.patch_embed.proj.weight.flatten(1), model.patch_embed.proj.bias)
        self.register_buffer("position", _position(model, cells))
        self.register_buffer("prefix", _prefix(model))
        self.register_buffer("rope", rope)
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(STD).view(3, 1, 1))
        last = model.blocks[block]
        self.blocks = nn.ModuleList(model.blocks[: block + (facet == "token")])
        self.norm: nn.Module = model.norm if facet == "token" else last.norm1
        self.head: nn.Module = nn.Identity() if facet == "token" else _third(last.attn.qkv, THIRDS.index(facet))
        self._round(dtype)
        self.eval().requires_grad_(False)

    def _round(self, dtype: torch.dtype) -> None:
        for part in self.modules():
            if isinstance(part, nn.Linear):
                part.to(dtype)
        block: Any
        for block in self.blocks:
            block.norm1, block.norm2 = RoundedNorm(block.norm1, dtype), RoundedNorm(block.norm2, dtype)
        self.norm = RoundedNorm(self.norm, dtype)

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        size = self.cells * self.patch_size
        pixels = F.interpolate(images.permute(0, 3, 1, 2), (size, size), mode="bilinear", align_corners=False)
        patches = self._patches((pixels - self.mean) / self.std)
        tokens = self.patch(patches.to(self.dtype)).float() + self.position
        tokens = torch.cat([self.prefix.expand(len(tokens), -1, -1), tokens], dim=1)
        rotary = {} if self.rope is None else {"rope": self.rope}
        for block in self.blocks:
            tokens = block(tokens, **rotary)
        maps: Tensor = self.head(self.norm(tokens[:, self.prefix.shape[1] :]))
        return maps.reshape(len(maps), self.cells, self.cells, -1)

    def _patches(self, pixels: Tensor) -> Tensor:
        """Return a row of 3 x patch x patch values for each cell: a product replaces the strided convolution.

        By default cuDNN's fp32 convolutions use TF32; products do not.
        """
        cells, size = self.cells, self.patch_size
        blocks = pixels.reshape(-1, 3, cells, size, cells, size).permute(0, 2, 4, 1, 3, 5)
        return blocks.reshape(-1, cells * cells, 3 * size * size)


class RoundedNorm(nn.Module):
    """A normalisation in fp32 whose result is rounded to the type of the product that follows."""

    def __init__(self, norm: nn.Module, dtype: torch.dtype) -> None:
        """Wrap `norm`; `dtype` is the product's type."""
        super().__init__()
        self.norm, self.dtype = norm, dtype

    def forward(self, tokens: Tensor) -> Tensor:
        """Normalise tokens (n, tokens, channels) in fp32, and round them to `dtype`."""
        normalised: Tensor = self.norm(tokens)
        return normalised.to(self.dtype)


def _position(model: Any, cells: int) -> Tensor:
    """Return what is added to the patches: (1, cells^2, channels), or zero if positions are rotary."""
    return torch.zeros(1, 1, 1) if model.pos_embed is None else resampled(model.pos_embed.detach()[:, 1:], cells)


def _prefix(model: Any) -> Tensor:
    """Return the tokens before the patches (1, prefix, channels): class and registers, with their position."""
    tokens = [model.cls_token if model.pos_embed is None else model.cls_token + model.pos_embed[:, :1]]
    if model.reg_token is not None:
        tokens.append(model.reg_token)
    return torch.cat(tokens, dim=1).detach()


def _third(qkv: nn.Linear, index: int) -> nn.Linear:
    return _linear(qkv.weight.chunk(3)[index], None if qkv.bias is None else qkv.bias.chunk(3)[index])


def _linear(weight: Tensor, bias: Tensor | None) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, device="meta")
    layer.load_state_dict({"weight": weight} if bias is None else {"weight": weight, "bias": bias}, assign=True)
    return layer

"""A vision transformer cut off after the requested features: no later blocks, only the needed part of the last."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.config.sections.teachers import Facet, PositionRule
from pipeline.teachers.position_embedding import resampled, rotary

THIRDS = ("query", "key", "value")  # in the order of a block's qkv layer


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
        self, model: Any, block: int, facet: Facet, input_size: int, cells: int, rule: PositionRule, dtype: torch.dtype
    ) -> None:
        """Take the parts of a model of timm with its weights; the model must not be used again. Gradients are off.

        `unsupported` must be None for the model. `rule` is `TimmVit.position`.
        """
        super().__init__()
        self.cells, self.dtype = cells, dtype
        self.patch_size: int = model.patch_embed.patch_size[0]
        self.grid = input_size // self.patch_size
        self.patch = _linear(model.patch_embed.proj.weight.flatten(1), model.patch_embed.proj.bias)
        self.patch_norm: nn.Module = model.patch_embed.norm
        self.register_buffer("position", _position(model, self.grid, rule))
        self.register_buffer("prefix", _prefix(model))
        self.register_buffer("rope", rotary(model, self.grid))
        self.register_buffer("mean", torch.tensor(model.pretrained_cfg["mean"]).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(model.pretrained_cfg["std"]).view(3, 1, 1))
        self.norm_pre: nn.Module = model.norm_pre
        last = model.blocks[block]
        self.blocks = nn.ModuleList(model.blocks[: block + (facet == "token")])
        self.norm: nn.Module = model.norm if facet == "token" else last.norm1
        self.head: nn.Module = nn.Identity() if facet == "token" else _third(last.attn, THIRDS.index(facet))
        if dtype != torch.float32:
            self._round(dtype)
        self.eval().requires_grad_(False)

    def _round(self, dtype: torch.dtype) -> None:
        self.patch.to(dtype)
        self.head.to(dtype)
        block: Any
        for block in self.blocks:
            block.attn.to(dtype)
            block.mlp.to(dtype)
            block.norm1, block.norm2 = RoundedNorm(block.norm1, dtype), RoundedNorm(block.norm2, dtype)
        self.norm = RoundedNorm(self.norm, dtype)

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        size = self.grid * self.patch_size
        pixels = F.interpolate(images.permute(0, 3, 1, 2), (size, size), mode="bilinear", align_corners=False)
        patches = self._patches((pixels - self.mean) / self.std)
        tokens = self.patch_norm(self.patch(patches.to(self.dtype)).float()) + self.position
        tokens = self.norm_pre(torch.cat([self.prefix.expand(len(tokens), -1, -1), tokens], dim=1))
        rotary = {} if self.rope is None else {"rope": self.rope}
        for block in self.blocks:
            tokens = block(tokens, **rotary)
        maps: Tensor = self.head(self.norm(tokens[:, self.prefix.shape[1] :]))
        return on_cells(maps.reshape(len(maps), self.grid, self.grid, -1), self.cells)

    def _patches(self, pixels: Tensor) -> Tensor:
        """Return a row of 3 x patch x patch values for each patch: a product replaces the strided convolution.

        By default cuDNN's fp32 convolutions use TF32; products do not.
        """
        grid, size = self.grid, self.patch_size
        blocks = pixels.reshape(-1, 3, grid, size, grid, size).permute(0, 2, 4, 1, 3, 5)
        return blocks.reshape(-1, grid * grid, 3 * size * size)


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


def on_cells(maps: Tensor, cells: int) -> Tensor:
    """Resample maps (n, r, c, channels) bilinearly to (n, cells, cells, channels); the images' edges stay the edges."""
    if maps.shape[1:3] == (cells, cells):
        return maps
    moved = F.interpolate(maps.permute(0, 3, 1, 2), (cells, cells), mode="bilinear", align_corners=False)
    return moved.permute(0, 2, 3, 1)


def unsupported(model: Any, facet: Facet) -> str | None:
    """Say why a model of timm cannot be cut off as VitTrunk does it, as the end of a sentence. None if it can."""
    from timm.layers.patch_embed import PatchEmbed
    from timm.models.eva import Eva
    from timm.models.vision_transformer import VisionTransformer

    if type(model) not in (VisionTransformer, Eva):  # a class derived from them has other tokens
        return f"it is a {type(model).__name__}: only timm's VisionTransformer and Eva are supported"
    embed = model.patch_embed
    if type(embed) is not PatchEmbed or embed.patch_size[0] != embed.patch_size[1]:
        return "its patches are not cut from the image in squares"
    if model.pos_embed is not None and embed.grid_size[0] != embed.grid_size[1]:
        return "it was trained on images that are no squares"
    if getattr(model, "rope_mixed", False):
        return "each of its blocks has rotary positions of its own"
    return next((problem for block in model.blocks if (problem := _unsupported_block(block, facet))), None)


def _unsupported_block(block: Any, facet: Facet) -> str | None:
    from timm.models.eva import EvaBlock
    from timm.models.vision_transformer import Block

    if type(block) not in (Block, EvaBlock):
        return f"its blocks are of the type {type(block).__name__}, whose parts are in another order"
    if facet != "token" and not isinstance(getattr(block.attn, "qkv", None), nn.Linear):
        return f"its blocks compute no joint query, key and value: facet {facet} cannot be taken, facet token can"
    return None


def _position(model: Any, grid: int, rule: PositionRule) -> Tensor:
    """Return what is added to the patches: (1, grid^2, channels), or zero if positions are rotary alone."""
    if model.pos_embed is None:
        return torch.zeros(1, 1, 1)
    return resampled(model.pos_embed.detach()[:, _prefix_positions(model) :], grid, rule)


def _prefix(model: Any) -> Tensor:
    """Return the tokens before the patches (1, prefix, channels): class and registers, with their position."""
    tokens = [token for token in (model.cls_token, model.reg_token) if token is not None]
    if not tokens:
        return torch.zeros(1, 0, model.embed_dim)
    prefix = torch.cat(tokens, dim=1).detach()
    positions = _prefix_positions(model)
    return prefix if positions == 0 else prefix + model.pos_embed.detach()[:, :positions]


def _prefix_positions(model: Any) -> int:
    """Count the prefix tokens that have an entry in the position embedding: all or none."""
    return 0 if model.pos_embed is None or model.no_embed_class else int(model.num_prefix_tokens)


def _third(attention: Any, index: int) -> nn.Linear:
    """Return the layer of the query, the key or the value. EVA's attention keeps their biases beside its qkv layer."""
    qkv = attention.qkv
    if qkv.bias is not None:
        return _linear(qkv.weight.chunk(3)[index], qkv.bias.chunk(3)[index])
    return _linear(qkv.weight.chunk(3)[index], getattr(attention, ("q_bias", "k_bias", "v_bias")[index], None))


def _linear(weight: Tensor, bias: Tensor | None) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, device="meta")
    layer.load_state_dict({"weight": weight} if bias is None else {"weight": weight, "bias": bias}, assign=True)
    return layer

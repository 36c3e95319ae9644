"""A vision transformer of timm that ends with the requested features: no later blocks, part of the last block alone."""

from __future__ import annotations

import math
from typing import Any

import torch
from jaxtyping import Float32
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.config.sections.teachers import Facet, PositionRule
from pipeline.teachers.grid import on_cells

THIRDS = ("query", "key", "value")  # in the order of a block's qkv layer
OFFSET = 0.1  # cells; DINO and DINOv2 add it to the new grid's size, which shifts every sample


class VitTrunk(nn.Module):
    """The shortened network: images (n, h, w, 3) of sRGB values 0..1 to maps (n, cells, cells, channels)."""

    mean: Tensor
    std: Tensor

    def __init__(self, model: Any, block: int, facet: Facet, input_size: int, cells: int, rule: PositionRule) -> None:
        """Shorten a model of timm with its weights, for which `unsupported` is None; it must not be used again."""
        super().__init__()
        self.size, self.cells = (input_size, input_size), cells
        self.register_buffer("mean", torch.tensor(model.pretrained_cfg["mean"]).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(model.pretrained_cfg["std"]).view(3, 1, 1))
        _resize(model, self.size, rule)
        last = model.blocks[block]
        self.head: nn.Module = nn.Identity()
        if facet == "token":
            block += 1
        else:  # what timm's forward then ends with is what the attention of `last` is given
            model.norm, self.head = last.norm1, _third(last.attn, THIRDS.index(facet))
        model.blocks = model.blocks[:block]
        self.model = model
        self.eval().requires_grad_(False)

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        pixels = F.interpolate(images.permute(0, 3, 1, 2), self.size, mode="bilinear", align_corners=False)
        tokens = self.model.forward_features((pixels - self.mean) / self.std)[:, self.model.num_prefix_tokens :]
        maps: Tensor = self.head(tokens)
        return on_cells(maps.reshape(len(maps), *self.model.patch_embed.grid_size, -1), self.cells)


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
    joint = all(hasattr(block, "norm1") and isinstance(_qkv(block), nn.Linear) for block in model.blocks)
    if facet != "token" and not joint:
        return f"its blocks compute no joint query, key and value: facet {facet} cannot be taken, facet token can"
    return None


def _qkv(block: Any) -> Any:
    return getattr(getattr(block, "attn", None), "qkv", None)


def _resize(model: Any, size: tuple[int, int], rule: PositionRule) -> None:
    """Make a model take images of this size."""
    trained = model.pos_embed
    model.set_input_size(img_size=size)
    if trained is not None and rule == "dino":
        prefix = 0 if model.no_embed_class else model.num_prefix_tokens
        patches = dinos_positions(trained.detach()[:, prefix:], model.patch_embed.grid_size[0])
        model.pos_embed = nn.Parameter(torch.cat([trained.detach()[:, :prefix], patches], dim=1))


def dinos_positions(embedding: Float32[Tensor, "1 trained channels"], cells: int) -> Float32[Tensor, "1 new channels"]:
    """Resample the embedding of a square grid to `cells` x `cells` as the code of DINO and DINOv2 does it.

    In `interpolate_pos_encoding` it is bicubic (a = -0.75), where timm's has antialiasing, and the scale factor
    (cells + 0.1) / trained cells, not the grids' ratio, places the samples. The cosine between the two is 0.9966 on
    DINO's weights.
    """
    trained = math.isqrt(embedding.shape[1])
    if trained == cells:
        return embedding
    grid = embedding.reshape(1, trained, trained, -1).permute(0, 3, 1, 2)
    scale = (cells + OFFSET) / trained
    return F.interpolate(grid, scale_factor=(scale, scale), mode="bicubic").flatten(2).transpose(1, 2).contiguous()


def _third(attention: Any, index: int) -> nn.Linear:
    """Return the layer of the query, the key or the value. EVA's attention keeps their biases beside its qkv layer."""
    weight, joint = attention.qkv.weight.chunk(3)[index], attention.qkv.bias
    own = ("q_bias", "k_bias", "v_bias")[index]
    bias = getattr(attention, own, None) if joint is None else joint.chunk(3)[index]
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, device="meta")
    layer.load_state_dict({"weight": weight} if bias is None else {"weight": weight, "bias": bias}, assign=True)
    return layer

"""Positions of a vision transformer's patches on another grid than in training."""

from __future__ import annotations

import math
from typing import Any

from jaxtyping import Float32
from torch import Tensor
from torch.nn import functional as F

from pipeline.config.sections.teachers import PositionRule

OFFSET = 0.1  # cells; DINO and DINOv2 add it to the new grid's size, which shifts every sample


def resampled(
    embedding: Float32[Tensor, "1 trained channels"], cells: int, rule: PositionRule
) -> Float32[Tensor, "1 new channels"]:
    """Resample the embedding of a square grid to `cells` x `cells`, as timm does it or as DINO's own code does it.

    timm: bicubic with antialiasing. DINO and DINOv2, in `interpolate_pos_encoding`: bicubic (a = -0.75) without it, and
    the scale factor (cells + 0.1) / trained cells, not the grids' ratio, places the samples. The cosine between the two
    is 0.9966 on DINO's weights.
    """
    trained = math.isqrt(embedding.shape[1])
    if trained == cells:
        return embedding
    if rule == "timm":
        from timm.layers.pos_embed import resample_abs_pos_embed

        new: Tensor = resample_abs_pos_embed(embedding, new_size=[cells, cells], num_prefix_tokens=0)
        return new
    grid = embedding.reshape(1, trained, trained, -1).permute(0, 3, 1, 2)
    scale = (cells + OFFSET) / trained
    return F.interpolate(grid, scale_factor=(scale, scale), mode="bicubic").flatten(2).transpose(1, 2).contiguous()


def rotary(model: Any, cells: int) -> Float32[Tensor, "patches twice_head"] | None:
    """Return sines and cosines of a model's rotary positions on a grid; None for a model of timm without them."""
    rope = getattr(model, "rope", None)
    if rope is None:
        return None
    if hasattr(rope, "update_feat_shape"):  # some keep those of the training's grid
        rope.update_feat_shape([cells, cells])
    sines: Tensor = rope.get_embed([cells, cells])
    return sines

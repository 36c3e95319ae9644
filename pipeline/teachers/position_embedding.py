"""Positions of a vision transformer's patches on another grid than in training."""

from __future__ import annotations

import math
from typing import Any

import torch
from jaxtyping import Float32
from torch import Tensor
from torch.nn import functional as F

OFFSET = 0.1  # cells; DINO and DINOv2 add it to the new grid's size, which shifts every sample
RULE = f"bicubic by (cells + {OFFSET}) / trained cells"
ROTARY = "rotary"


def resampled(embedding: Float32[Tensor, "1 trained channels"], cells: int) -> Float32[Tensor, "1 new channels"]:
    """Resample the embedding of a square grid to `cells` x `cells`.

    Bicubic (a = -0.75) without antialiasing. The scale factor, not the grids' ratio, places the samples, as in
    `interpolate_pos_encoding` of DINO and DINOv2. timm resamples differently: cosine 0.9966 on DINO's weights.
    """
    trained = math.isqrt(embedding.shape[1])
    if trained == cells:
        return embedding
    grid = embedding.reshape(1, trained, trained, -1).permute(0, 3, 1, 2)
    scale = (cells + OFFSET) / trained
    return F.interpolate(grid, scale_factor=(scale, scale), mode="bicubic").flatten(2).transpose(1, 2).contiguous()


def rotary(name: str, cells: int) -> Float32[Tensor, "patches twice_head"]:
    """Return sines and cosines of DINOv3's rotary positions, as timm's model called `name` makes them.

    Positions are fractions of the image's edges: another grid needs no resampling.
    """
    import timm

    with torch.random.fork_rng(devices=[]):  # timm draws weights even for a model without blocks
        model: Any = timm.create_model(name, pretrained=False, depth=0)
    sines: Tensor = model.rope.get_embed([cells, cells])
    return sines

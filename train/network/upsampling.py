"""Bilinear upsampling as two matrix products: its gradient is products too, where the library's is a scatter."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def upsampled(map_: Float[Tensor, "s c h w"], height: int, width: int) -> Float[Tensor, "s c H W"]:
    """A map at another size, bilinear, the outermost centres on each other (`align_corners`).

    It is calculated in at least fp32 and rounded once to the map's precision.
    """
    with torch.autocast(map_.device.type, enabled=False):
        rows = map_.to(torch.promote_types(map_.dtype, torch.float32)).permute(0, 2, 3, 1)
        samples, h, w, channels = rows.shape
        tall = _weights(h, height, rows) @ rows.reshape(samples, h, w * channels)
        wide = _weights(w, width, rows) @ tall.reshape(samples, height, w, channels)
    return wide.to(map_.dtype).permute(0, 3, 1, 2)


def _weights(given: int, wanted: int, like: Tensor) -> Float[Tensor, "wanted given"]:
    """How much each given cell counts in each wanted one."""
    positions = torch.linspace(0, given - 1, wanted, dtype=like.dtype, device=like.device)
    cells = torch.arange(given, dtype=like.dtype, device=like.device)
    return (1 - (positions[:, None] - cells).abs()).clamp_min(0)

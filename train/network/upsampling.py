"""Bilinear upsampling as two matrix products. Its gradient is two products as well; the library's is a scatter."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def upsampled(map_: Float[Tensor, "s c h w"], height: int, width: int) -> Float[Tensor, "s c H W"]:
    """Resize a map bilinearly, so that the outermost centres coincide (`align_corners`).

    The calculation is in at least fp32, rounded once to the map's precision.
    """
    if map_.shape[-2:] == (height, width) and not map_.is_cuda:
        return map_.contiguous(memory_format=torch.channels_last)  # as the products leave a map of another size
    with torch.autocast(map_.device.type, enabled=False):
        rows = map_.to(torch.promote_types(map_.dtype, torch.float32)).permute(0, 2, 3, 1)
        samples, h, w, channels = rows.shape
        tall = _weights(h, height, rows) @ rows.reshape(samples, h, w * channels)
        wide = _weights(w, width, rows) @ tall.reshape(samples, height, w, channels)
    return wide.to(map_.dtype).permute(0, 3, 1, 2)


def _weights(old: int, new: int, like: Tensor) -> Float[Tensor, "new old"]:
    """Return the weight of each of `old` cells in each of `new` ones."""
    positions = torch.linspace(0, old - 1, new, dtype=like.dtype, device=like.device)
    cells = torch.arange(old, dtype=like.dtype, device=like.device)
    return (1 - (positions[:, None] - cells).abs()).clamp_min(0)

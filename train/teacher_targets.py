"""The teacher's feature where a ray passes."""

from __future__ import annotations

import torch
from jaxtyping import Float, Float16, Int64
from torch import Tensor


def teacher_at_pixels(
    maps: Float16[Tensor, "n v g g c"],
    objects: Int64[Tensor, " o"],
    views: Int64[Tensor, "o r"],
    pixels: Int64[Tensor, "o r 2"],
    size: int,
) -> Float[Tensor, "o r c"]:
    """Teacher maps sampled bilinearly at the centres of pixels (row, col) of images `size` pixels wide, as float32.

    A cell's value stands at its centre; beyond the outermost centres the outermost cells go on. Only the four cells
    that a ray needs are read.
    """
    grid = maps.shape[2]
    # In units of cells, 0 at the centre of cell 0.
    position = ((pixels.float() + 0.5) * (grid / size) - 0.5).clamp(0, grid - 1)
    lower = position.floor().long()
    upper = (lower + 1).clamp_max(grid - 1)
    share = position - lower
    which = objects[:, None]
    target = torch.zeros((*pixels.shape[:-1], maps.shape[-1]), device=maps.device)
    for row, row_share in ((lower[..., 0], 1 - share[..., 0]), (upper[..., 0], share[..., 0])):
        for column, column_share in ((lower[..., 1], 1 - share[..., 1]), (upper[..., 1], share[..., 1])):
            target += (row_share * column_share)[..., None] * maps[which, views, row, column].float()
    return target

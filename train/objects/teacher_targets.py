"""The teacher's feature at the pixel of a ray: four cells of the map, mixed bilinearly."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Float16, Int64
from torch import Tensor


@dataclass(frozen=True)
class CellTaps:
    """The four cells around each ray's point in its map (rows, columns), and their shares, which sum to 1."""

    rows: Int64[Tensor, "*b 4"]
    columns: Int64[Tensor, "*b 4"]
    shares: Float[Tensor, "*b 4"]


def cell_taps(pixels: Int64[Tensor, "*b 2"], size: int, grid: int) -> CellTaps:
    """Find the cells to mix at the centres of pixels (row, col) of images `size` pixels wide.

    A cell's value stands at its centre; beyond the outermost centres the outermost cells continue.
    """
    # In units of cells, 0 at the centre of cell 0.
    position = ((pixels.float() + 0.5) * (grid / size) - 0.5).clamp(0, grid - 1)
    lower = position.floor().long()
    upper = (lower + 1).clamp_max(grid - 1)
    share = position - lower
    rows = torch.stack([lower[..., 0], lower[..., 0], upper[..., 0], upper[..., 0]], dim=-1)
    columns = torch.stack([lower[..., 1], upper[..., 1], lower[..., 1], upper[..., 1]], dim=-1)
    down, across = share[..., 0], share[..., 1]
    shares = [(1 - down) * (1 - across), (1 - down) * across, down * (1 - across), down * across]
    return CellTaps(rows, columns, torch.stack(shares, dim=-1))


def mixed(taps: CellTaps, tokens: Float16[Tensor, "*b 4 c"]) -> Float[Tensor, "*b c"]:
    """Mix the taps' features, as float32. The order of the sum is fixed: every device gives the same bits."""
    target = torch.zeros((*tokens.shape[:-2], tokens.shape[-1]), device=tokens.device)
    for tap in range(tokens.shape[-2]):
        target += taps.shares[..., tap, None] * tokens[..., tap, :].float()
    return target

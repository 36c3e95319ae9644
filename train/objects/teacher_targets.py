"""The teacher's feature where a ray passes: which four cells of the map, and how they are mixed."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Float16, Int64
from torch import Tensor

from pipeline.config.sections.training import FeatureBorder


@dataclass(frozen=True)
class CellTaps:
    """The four cells around each position in a map (rows, columns): upper left and right, lower left and right.

    `share` says how far a position lies from the upper and the left cells (down, right), in 0..1. What is not `inside`
    the map counts as 0.
    """

    rows: Int64[Tensor, "*b 4"]
    columns: Int64[Tensor, "*b 4"]
    share: Float[Tensor, "*b 2"]
    inside: Bool[Tensor, "*b 4"]


def cell_taps(positions: Float[Tensor, "*b 2"], size: int, grid: int, border: FeatureBorder = "edge") -> CellTaps:
    """Find the cells that mix bilinearly at positions (down, right) in pixels of an image `size` pixels wide.

    The map has `grid` x `grid` cells. A cell's value stands at its centre. Beyond the outermost centres the outermost
    cells go on (`border` edge), or there are cells of value 0 (zero).
    """
    # In units of cells, 0 at the centre of cell 0.
    place = positions * (grid / size) - 0.5
    if border == "edge":
        place = place.clamp(0, grid - 1)
    lower = place.floor().long()
    (top, left), (bottom, right) = lower.unbind(-1), (lower + 1).unbind(-1)
    rows, columns = torch.stack([top, top, bottom, bottom], dim=-1), torch.stack([left, right, left, right], dim=-1)
    inside = (rows >= 0) & (rows < grid) & (columns >= 0) & (columns < grid)
    return CellTaps(rows.clamp(0, grid - 1), columns.clamp(0, grid - 1), place - lower, inside)


def mixed(taps: CellTaps, tokens: Float16[Tensor, "*b 4 c"]) -> Float[Tensor, "*b c"]:
    """Mix the taps' features as float32; summed in a fixed order, so that every place gives the same bits."""
    down, right = taps.share.unbind(-1)
    shares = ((1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right)
    target = torch.zeros((*tokens.shape[:-2], tokens.shape[-1]), device=tokens.device)
    for tap, share in enumerate(shares):
        target += (share * taps.inside[..., tap])[..., None] * tokens[..., tap, :].float()
    return target

"""The grid of teacher maps: cell (r, c) covers pixels [4r, 4r+4) x [4c, 4c+4), with its centre at +2."""

import numpy as np
from jaxtyping import Bool
from torch import Tensor
from torch.nn import functional as F

from pipeline.artifacts.layouts import CELL


def foreground_cells(foreground: Bool[np.ndarray, "views h w"], rule: str) -> Bool[np.ndarray, "views cells cells"]:
    """Return which cells are foreground.

    Rule `any`: any of the cell's pixels is. Rule `nearest`: the pixel that nearest-neighbour resizing takes is, as in
    the released code.
    """
    views, height, width = foreground.shape
    if rule == "nearest":
        return foreground[:, ::CELL, ::CELL].copy()
    blocks = foreground.reshape(views, height // CELL, CELL, width // CELL, CELL)
    return np.asarray(blocks.any(axis=(2, 4)))


def on_cells(maps: Tensor, cells: int) -> Tensor:
    """Resample maps (n, r, c, channels) bilinearly to (n, cells, cells, channels); the images' edges stay the edges.

    Its types name no shapes: their checks in tests would break a compiled network in two.
    """
    if maps.shape[1:3] == (cells, cells):
        return maps
    moved = F.interpolate(maps.permute(0, 3, 1, 2), (cells, cells), mode="bilinear", align_corners=False)
    return moved.permute(0, 2, 3, 1)

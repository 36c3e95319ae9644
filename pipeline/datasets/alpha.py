"""Foreground pixels of an image: those that are at least half opaque."""

from typing import TypeAlias

import numpy as np
from jaxtyping import UInt8

HALF = 128  # of 255
Box: TypeAlias = tuple[int, int, int, int]


def alpha_box(alpha: UInt8[np.ndarray, "h w"]) -> Box | None:
    """Find the box of the object: first row, first column, and one past the last ones. None if no pixel is in it."""
    inside = alpha >= HALF
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1

"""Measure how large an object is in an image: the share of the image's side that the box of its alpha fills."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from jaxtyping import UInt8

HALF = 128  # of 255: a pixel belongs to the object if it is at least half opaque
OBJECTS = 64  # measured at most; 64 objects of 50 views give the mean to about 0.005

Box: TypeAlias = tuple[int, int, int, int]


def alpha_box(alpha: UInt8[np.ndarray, "h w"]) -> Box | None:
    """Find the box of the object: first row, first column, and one past the last ones. None if no pixel is in it."""
    inside = alpha >= HALF
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def mean_framing(rgba_of: Callable[[int], UInt8[np.ndarray, "views h w 4"]], count: int) -> float:
    """Measure the longer side of the object's box over the image's side, as the mean over views.

    `rgba_of(i)` gives the views of object i of `count`. All views of at most 64 objects are read, at even distances in
    the list. Views that show nothing are left out. Raises ValueError if no view shows anything.
    """
    chosen = np.unique(np.linspace(0, count - 1, min(count, OBJECTS)).astype(int))
    shares = [share for index in chosen for view in rgba_of(int(index)) if (share := _share(view)) is not None]
    if not shares:
        raise ValueError("no view shows anything")
    return float(np.mean(shares))


def _share(rgba: UInt8[np.ndarray, "h w 4"]) -> float | None:
    box = alpha_box(rgba[..., 3])
    return None if box is None else max(box[2] - box[0], box[3] - box[1]) / len(rgba)

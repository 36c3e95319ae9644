"""Measure how large an object is in an image: the share of the image's side that the box of its alpha fills."""

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8

from pipeline.datasets.alpha import alpha_box

OBJECTS = 64  # measured at most; 64 objects of 50 views give the mean to about 0.005


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

"""Foreground pixels of stored views: those with a depth, or those of enough opacity."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Shaped

from pipeline.config.sections.teachers import ForegroundFrom
from pipeline.datasets.alpha import HALF
from pipeline.stores.store import Store

# Alpha of the foreground, of 255: a half or more; or any, as the released code decides.
LEAST_ALPHA: Mapping[str, int] = {"alpha": HALF, "any-alpha": 1}


def foreground_array(origin: ForegroundFrom) -> str:
    """Name the array of the view store that tells."""
    return "depth" if origin == "depth" else "rgba"


def foreground_of(array: Shaped[np.ndarray, "*b"], origin: ForegroundFrom) -> Bool[np.ndarray, "..."]:
    """Tell the foreground from depth, or from images with alpha as their last channel."""
    seen: Bool[np.ndarray, "..."] = array > 0 if origin == "depth" else array[..., 3] >= LEAST_ALPHA[origin]
    return seen


def known_from(views: Store) -> ForegroundFrom:
    """The better of the two that a view store has: views that were made elsewhere have no depth."""
    return "depth" if "depth" in views.specs else "alpha"


def read_foreground(views: Store, row: int, origin: ForegroundFrom) -> Bool[np.ndarray, "views h w"]:
    """Read an object's foreground."""
    return foreground_of(views.read(foreground_array(origin), row), origin)

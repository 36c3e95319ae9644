"""Mask of the annotated object of a photo: one object of its segmentation, or all of its box."""

import math

import numpy as np
from jaxtyping import Bool, UInt8

from pipeline.datasets.spair.photo_pair import AnnotatedPhoto

VOID = 255  # the seam around objects in PASCAL VOC's segmentations
LEAST_SHARE = 0.02  # of the box; a smaller object is a stray of another one


def box_mask(photo: AnnotatedPhoto) -> Bool[np.ndarray, "h w"]:
    """Mark the pixels of a photo's box. VOC counts them from 1, with both corners inside."""
    width, height = photo.size
    left, top, right, bottom = photo.box
    inside = np.zeros((height, width), dtype=bool)
    inside[max(math.floor(top) - 1, 0) : math.ceil(bottom), max(math.floor(left) - 1, 0) : math.ceil(right)] = True
    return inside


def object_mask(segmentation: UInt8[np.ndarray, "h w"], box: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"] | None:
    """Mark the object whose own box fits best, by intersection over union, and cut it off at the annotated box.

    Each index but 0 and 255 is an object; where a segmentation has classes instead, the class is cut at the box.
    None if no object fills a fiftieth of the box.
    """
    best, best_fit = None, 0.0
    for index in np.unique(segmentation[box]):
        if index in (0, VOID):
            continue
        marked = segmentation == index
        cut = marked & box
        own = _own_box(marked)
        fit = float((own & box).sum() / (own | box).sum())
        if cut.sum() >= LEAST_SHARE * box.sum() and fit > best_fit:
            best, best_fit = cut, fit
    return best


def _own_box(marked: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    rows, columns = (np.flatnonzero(marked.any(axis=axis)) for axis in (1, 0))
    inside = np.zeros_like(marked)
    inside[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    return inside

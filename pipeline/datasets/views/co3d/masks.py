"""CO3D's masks: 8-bit probabilities that a pixel shows the object, taken as its alpha."""

import numpy as np
from jaxtyping import UInt8

from pipeline.datasets.alpha import Box
from pipeline.datasets.views.view_source import Square


def square_around(box: Box, context: float) -> Square:
    """The square about a box's middle, its side `context` times the box's longer edge. It may leave the image."""
    top, left, bottom, right = box
    side = max(round(context * max(right - left, bottom - top)), 1)
    return Square((left + right - side) // 2, (top + bottom - side) // 2, side)


def with_alpha(rgb: UInt8[np.ndarray, "h w 3"], alpha: UInt8[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 4"]:
    """The photograph with the mask as straight alpha."""
    rgba: UInt8[np.ndarray, "h w 4"] = np.concatenate([rgb, alpha[..., None]], axis=2)
    return rgba

"""Part labels laid over a view."""

import numpy as np
from jaxtyping import Int64, UInt8

from eval.pictures.palette import part_colour

_OPACITY = 0.72


def part_picture(rgb: UInt8[np.ndarray, "h w 3"], part: UInt8[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
    """A view with its parts tinted; pixels of label 0 keep their colour."""
    painted = rgb.copy()
    for label in np.unique(part[part > 0]):
        inside = part == label
        mixed = (1 - _OPACITY) * rgb[inside] + _OPACITY * np.array(part_colour(int(label)))
        painted[inside] = np.rint(mixed).astype(np.uint8)
    return painted


def part_map(
    pixels: Int64[np.ndarray, "n 2"], label: UInt8[np.ndarray, " n"], height: int, width: int
) -> UInt8[np.ndarray, "h w"]:
    """A part map from labelled pixels (row, column), 0 elsewhere."""
    part = np.zeros((height, width), dtype=np.uint8)
    part[tuple(pixels.T)] = label
    return part

"""Colours of keypoints and parts: far apart, the same for the same number everywhere."""

import colorsys
from typing import TypeAlias

Colour: TypeAlias = tuple[int, int, int]

# Paul Tol's "bright" and "light" qualitative schemes, which stay apart for colour-blind readers.
_PARTS: tuple[Colour, ...] = (
    (68, 119, 170),
    (238, 102, 119),
    (34, 136, 51),
    (204, 187, 68),
    (102, 204, 238),
    (170, 51, 119),
    (238, 136, 102),
    (153, 221, 255),
    (187, 204, 51),
    (255, 170, 187),
)
_GOLDEN = 0.6180339887498949


def part_colour(label: int) -> Colour:
    """The colour of a part label, which counts from 1; after ten labels they repeat."""
    return _PARTS[(label - 1) % len(_PARTS)]


def keypoint_colour(keypoint: int) -> Colour:
    """The colour of a keypoint's semantic id: hues that step by the golden ratio, so that neighbours differ."""
    bright = 0.92 if keypoint % 2 == 0 else 0.74
    red, green, blue = colorsys.hsv_to_rgb((0.58 + keypoint * _GOLDEN) % 1, 0.78, bright)
    return round(red * 255), round(green * 255), round(blue * 255)

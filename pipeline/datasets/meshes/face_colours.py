"""Colours of faces as materials: a mesh here has a material a face, not a colour a corner."""

import numpy as np
from jaxtyping import Float64, Int32, UInt8
from PIL import Image

from pipeline.datasets.records import Material

GREY = Material((0.5, 0.5, 0.5), None)
MOST_COLOURS = 64


def white_of(values: Float64[np.ndarray, "..."]) -> float:
    """Find the number that means full red, green or blue among these: 1, 255 or 65535.

    It is 1 if none is beyond 2, and among fractions up to 16: one highlight leaves the others as they are.
    """
    known = values[np.isfinite(values)]
    largest = known.max(initial=0.0)
    if largest <= 2.0:
        return 1.0
    if (known != np.floor(known)).any():
        return 255.0 if largest > 16.0 else 1.0
    return 255.0 if largest <= 255.0 else 65535.0


def colour_materials(
    colours: UInt8[np.ndarray, "f 3"],
) -> tuple[Int32[np.ndarray, " f"], tuple[Material, ...]]:
    """The material of each face, and the materials; `colours` are sRGB.

    Up to 64 different colours are kept as they are; more become a palette of 64 (median cut, weighted by faces), in
    which a smooth blend shows steps.
    """
    distinct, place = np.unique(colours, axis=0, return_inverse=True)
    if len(distinct) > MOST_COLOURS:
        picture = Image.fromarray(colours[None]).quantize(MOST_COLOURS, Image.Quantize.MEDIANCUT)
        palette = np.array(picture.getpalette(), dtype=np.uint8).reshape(-1, 3)
        distinct, place = np.unique(palette[np.asarray(picture)[0]], axis=0, return_inverse=True)
    materials = tuple(Material((r / 255, g / 255, b / 255), None) for r, g, b in distinct.tolist())
    return place.reshape(-1).astype(np.int32), materials

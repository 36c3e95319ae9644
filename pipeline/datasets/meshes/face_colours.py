"""Colours of faces as materials: a mesh here has a material a face, not a colour a corner."""

import numpy as np
from jaxtyping import Int32, UInt8
from PIL import Image

from pipeline.datasets.records import Material

MOST_COLOURS = 64


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

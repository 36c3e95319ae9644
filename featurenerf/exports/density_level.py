"""The density at which an object's surface lies."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from featurenerf.matching import LEAST_OPACITY
from featurenerf.seen_object import SeenObject
from featurenerf.surface import points_behind
from pipeline.errors import UserError

RAYS = 512  # through the object's pixels, at most


def density_level(seen: SeenObject) -> float:
    """Return the density, per world unit, at which the surface lies: that which rays through the object meet.

    It is the median density at the surface points behind pixels of the object's image: the surface of a mesh then
    passes where renderings show it, however faint the field is. Raises UserError if nothing opaque is rendered there.
    """
    return float(np.median(seen.at(met_points(seen)).density))


def met_points(seen: SeenObject) -> Float32[np.ndarray, "n 3"]:
    """Return the surface points behind pixels of the object's image that are rendered opaque, or behind every k-th.

    Raises UserError if there is none.
    """
    pixels = np.argwhere(seen.image.any(axis=2)).astype(np.int64)
    pixels = pixels[:: max(1, -(-len(pixels) // RAYS))]
    if len(pixels):
        view = seen.view_of(pixels)
        solid = np.argwhere(view.opacity > LEAST_OPACITY).astype(np.int64)
        if len(solid):
            return points_behind(seen, view, solid)
    raise UserError("the field renders nothing solid of the image: is the photo of the category it was trained on?")

"""The density at which an object's surface lies."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from featurenerf.matching import LEAST_OPACITY
from featurenerf.seen_object import SeenObject
from featurenerf.surface import points_at
from pipeline.errors import UserError

RAYS = 512  # through the object's pixels, at most


def density_level(seen: SeenObject) -> float:
    """Return the density, per world unit, at which the surface lies: half of what rays through the object meet.

    A field blurs an object. The edge of a blurred solid lies at half of its height. The height is the median density at
    the points behind pixels of the object's image. Raises UserError if the field renders nothing opaque there.
    """
    return float(np.median(seen.at(met_points(seen)).density)) / 2


def met_points(seen: SeenObject) -> Float32[np.ndarray, "n 3"]:
    """Return the surface points behind pixels of the object's image that are rendered opaque, or behind every k-th.

    Raises UserError if there is none.
    """
    pixels = np.argwhere(seen.image.any(axis=2)).astype(np.int64)
    pixels = pixels[:: max(1, -(-len(pixels) // RAYS))]
    if len(pixels):
        rays = seen.render_pixels(pixels)
        opacity, depth = rays.weight_sum.cpu().numpy(), rays.depth.cpu().numpy()
        solid = opacity > LEAST_OPACITY
        if solid.any():
            distance = depth[solid] / opacity[solid]
            return points_at(seen.pose, seen.intrinsics, pixels[solid], distance, seen.source.first_centre)
    raise UserError("the field renders nothing solid of the image: is the photo of the category it was trained on?")

"""The surface of an object that its own image shows, as the field renders it."""

import numpy as np
import torch
from jaxtyping import Float32, Int64

from featurenerf.answers import RenderedView
from featurenerf.seen_object import SeenObject
from pipeline.errors import UserError
from train.rays import pixel_rays


def foreground_pixels(seen: SeenObject, opacity: float) -> Int64[np.ndarray, "n 2"]:
    """List (row, column) of the pixels that are rendered more opaque than `opacity`, in reading order.

    Raises UserError if there is none.
    """
    pixels = np.argwhere(seen.own_view.opacity > opacity).astype(np.int64)
    if not len(pixels):
        raise UserError(
            f"no pixel of b is rendered with an opacity above {opacity}: lower opacity, or give candidates."
        )
    return pixels


def surface_points(seen: SeenObject, opacity: float) -> Float32[np.ndarray, "n 3"]:
    """Find the surface points behind the foreground pixels, in the world frame, in reading order. Raises UserError.

    A point lies at the rendered depth over the opacity: the mean distance of what stops the ray.
    """
    return points_behind(seen, seen.own_view, foreground_pixels(seen, opacity))


def points_behind(seen: SeenObject, view: RenderedView, pixels: Int64[np.ndarray, "n 2"]) -> Float32[np.ndarray, "n 3"]:
    """Find the surface points behind pixels (row, column) of a rendered view of the object, in the world frame."""
    at = tuple(pixels.T)
    poses, distance = torch.from_numpy(view.pose).expand(len(pixels), 4, 4), view.depth[at] / view.opacity[at]
    rays = pixel_rays(torch.from_numpy(pixels), poses, torch.from_numpy(view.intrinsics), seen.source.first_centre)
    return rays.points(torch.from_numpy(distance)[:, None])[:, 0].numpy()

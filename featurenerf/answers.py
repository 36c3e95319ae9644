"""Answers of a field about an object: arrays of float32 in this machine's memory."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32


@dataclass(frozen=True)
class PointAnswers:
    """The field at world points, seen along the ray from the camera of the object's image.

    `density` is at least 0, per world unit. `rgb` is sRGB in 0..1. `internal` is the trunk's output, the descriptor
    that matches best; it is not normalised. `feature` is the distilled feature on the scale of the teacher's maps.
    `coordinate` is the field's own guess of the point's world coordinate.
    """

    density: Float32[np.ndarray, " n"]
    rgb: Float32[np.ndarray, "n 3"]
    feature: Float32[np.ndarray, "n channels"]
    internal: Float32[np.ndarray, "n width"]
    coordinate: Float32[np.ndarray, "n 3"]


@dataclass(frozen=True)
class Volume:
    """The field on a grid of n x n x n cells: a cube of `edge` world units around the world's origin.

    Indices run along x, y, z. `points` are the centres of the cells in the world frame. The other arrays are those of
    `PointAnswers`; `feature` and `internal` have 0 channels if they were not asked for.
    """

    points: Float32[np.ndarray, "n n n 3"]
    density: Float32[np.ndarray, "n n n"]
    rgb: Float32[np.ndarray, "n n n 3"]
    feature: Float32[np.ndarray, "n n n channels"]
    internal: Float32[np.ndarray, "n n n width"]
    coordinate: Float32[np.ndarray, "n n n 3"]
    edge: float


@dataclass(frozen=True)
class RenderedView:
    """The image that a camera takes of the field, composited over black.

    `depth` is the distance from the camera along the pixel's ray in world units, weighted by opacity: divide it by
    `opacity` for the distance of the surface. `opacity` lies in 0..1. `feature` and `internal` are composited like the
    colour. `pose` is the camera's (camera-to-world, OpenGL axes), `intrinsics` are its (fx, fy, cx, cy) in continuous
    pixels.
    """

    rgb: Float32[np.ndarray, "h w 3"]
    depth: Float32[np.ndarray, "h w"]
    opacity: Float32[np.ndarray, "h w"]
    feature: Float32[np.ndarray, "h w channels"]
    internal: Float32[np.ndarray, "h w width"]
    pose: Float32[np.ndarray, "4 4"]
    intrinsics: Float32[np.ndarray, "4"]

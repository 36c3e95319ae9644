"""Focal lengths and principal point of a camera."""

import numpy as np
from jaxtyping import Float32
from numpy.typing import ArrayLike

from featurenerf.arrays import numbers
from pipeline.config.settings import Camera
from pipeline.errors import UserError
from render.cameras import centred_intrinsics


def intrinsics_from(camera: Camera, intrinsics: ArrayLike | None) -> Float32[np.ndarray, "4"]:
    """Return (fx, fy, cx, cy) in continuous pixels as float32; None stands for those of the training camera.

    Raises UserError if they are not four numbers, or a focal length is not positive.
    """
    if intrinsics is None:
        return centred_intrinsics(camera.size, camera.angle_x).astype(np.float32)
    array = numbers(intrinsics, "intrinsics", "(4,): fx, fy, cx, cy in pixels", lambda shape: shape == (4,))
    if (array[:2] <= 0).any():
        raise UserError(f"intrinsics must have focal lengths above 0, not {array[0]:g} and {array[1]:g}.")
    return array

"""The pose of a camera, from angles or as a matrix."""

import numpy as np
from jaxtyping import Float32
from numpy.typing import ArrayLike

from featurenerf.arrays import numbers
from pipeline.errors import UserError
from render.cameras import orbit_pose

ORTHONORMAL = 1e-3  # a rotation that was rounded to float32 or printed with four digits is still one


def pose_from(
    radius: float, azimuth: float | None, elevation: float | None, pose: ArrayLike | None
) -> Float32[np.ndarray, "4 4"]:
    """Return the pose that either the two angles in degrees or the matrix stand for. Raises UserError.

    `radius` is the camera's distance from the origin where the angles are given.
    """
    if pose is not None:
        if azimuth is not None or elevation is not None:
            raise UserError("pose and azimuth or elevation are both given: give the matrix or the two angles.")
        return checked_pose(pose)
    if azimuth is None or elevation is None:
        raise UserError("the camera is not known: give azimuth and elevation in degrees, or pose=(4, 4).")
    if not (np.isfinite(azimuth) and -90 <= elevation <= 90):
        raise UserError(f"azimuth must be finite and elevation lie in -90..90 degrees, not {azimuth} and {elevation}.")
    return orbit_pose(azimuth, elevation, radius).astype(np.float32)


def checked_pose(pose: ArrayLike) -> Float32[np.ndarray, "4 4"]:
    """Return a camera-to-world matrix as float32. Raises UserError if it is not a rotation and a translation."""
    matrix = numbers(pose, "pose", "(4, 4)", lambda shape: shape == (4, 4))
    rotation = matrix[:3, :3].astype(np.float64)
    turns = np.allclose(rotation.T @ rotation, np.eye(3), atol=ORTHONORMAL) and np.linalg.det(rotation) > 0
    if not turns or not np.allclose(matrix[3], [0, 0, 0, 1], atol=ORTHONORMAL):
        raise UserError("pose is not a camera-to-world matrix: a rotation, a translation, and the last row 0 0 0 1.")
    return matrix

"""The camera of a CO3D frame as a pose and intrinsics of ours."""

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.views.co3d.entries import ViewpointEntry
from pipeline.datasets.views.conventions import intrinsics_from_ndc, opengl_from_pytorch3d
from pipeline.datasets.views.view_source import Intrinsics

ROTATION_ERROR = 1e-3  # CO3D's rotations are float32
LARGEST = 1e6  # of a translation, in units of the sequence's own world


def frame_camera(viewpoint: ViewpointEntry, height: int, width: int) -> tuple[Float64[np.ndarray, "4 4"], Intrinsics]:
    """The camera-to-world pose with OpenGL axes in the sequence's own world, and the intrinsics in pixels.

    Raises ValueError if R is no rotation, a number is not finite or a focal length is not positive.
    """
    rotation, translation = np.array(viewpoint.R), np.array(viewpoint.T)
    numbers = np.concatenate([rotation.ravel(), translation, viewpoint.focal_length, viewpoint.principal_point])
    if not (np.abs(numbers) <= LARGEST).all():
        raise ValueError(f"viewpoint holds a number that is not finite or beyond {LARGEST:g}")
    error = np.abs(rotation @ rotation.T - np.eye(3)).max()
    if error > ROTATION_ERROR or np.linalg.det(rotation) < 0:
        raise ValueError("viewpoint.R is no rotation")
    if min(viewpoint.focal_length) <= 0:
        raise ValueError("viewpoint.focal_length is not positive")
    intrinsics = intrinsics_from_ndc(
        viewpoint.focal_length, viewpoint.principal_point, height, width, viewpoint.intrinsics_format
    )
    return opengl_from_pytorch3d(rotation, translation), intrinsics

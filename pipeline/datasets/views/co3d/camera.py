"""The camera of a CO3D frame as a pose and intrinsics of ours."""

from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.views.checked_camera import checked_intrinsics, checked_pose
from pipeline.datasets.views.co3d.entries import ViewpointEntry
from pipeline.datasets.views.conventions import intrinsics_from_ndc, opengl_from_pytorch3d
from pipeline.datasets.views.view_source import Intrinsics


def frame_camera(
    viewpoint: ViewpointEntry, height: int, width: int, file: PurePosixPath, field: str
) -> tuple[Float64[np.ndarray, "4 4"], Intrinsics]:
    """The camera-to-world pose with OpenGL axes in the sequence's own world, and the intrinsics in pixels.

    Raises DatasetError, which names `file` and `field`, for numbers that are no camera's.
    """
    pose = opengl_from_pytorch3d(np.array(viewpoint.R), np.array(viewpoint.T))
    given = intrinsics_from_ndc(
        viewpoint.focal_length, viewpoint.principal_point, height, width, viewpoint.intrinsics_format
    )
    return checked_pose(pose, file, field), checked_intrinsics(given.array().tolist(), file, field)

"""The camera files of the released data: one field of view and a pose for each picture.

`transform_matrix` is camera-to-world with OpenCV's axes: the released loader turns it to OpenGL's itself. `file_path`
is the picture's name in the object's folder.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from jaxtyping import Float, Float64

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.released.annotations import MOST_VIEWS
from pipeline.datasets.views.checked_camera import checked_pose, focal_of_angle
from pipeline.datasets.views.conventions import opengl_from_opencv

CENTRED = 1e-4  # pixels that a camera's focal lengths and centre may differ from one field of view
_PICTURE = ".png"


@dataclass(frozen=True)
class ReleasedCameras:
    """An object's cameras in the order of its frames. Poses are camera-to-world with OpenGL axes."""

    angle_x: float
    pictures: tuple[str, ...]
    poses: Float64[np.ndarray, "views 4 4"]


def read_cameras(content: Any, file: PurePosixPath) -> ReleasedCameras:
    """Read the content of a camera file. Raises DatasetError, which names `file`, if it is none."""
    if not isinstance(content, dict):
        raise DatasetError(file, "file", "is no mapping")
    angle, frames = content.get("camera_angle_x"), content.get("frames")
    if not isinstance(angle, int | float) or isinstance(angle, bool):
        raise DatasetError(file, "camera_angle_x", f"{str(angle)[:40]} is no angle of view in radians")
    focal_of_angle(angle, 1, file, "camera_angle_x")
    if not isinstance(frames, list) or not frames or not all(isinstance(frame, dict) for frame in frames):
        raise DatasetError(file, "frames", "is no list of frames")
    if len(frames) > MOST_VIEWS:
        raise DatasetError(file, "frames", f"are more than {MOST_VIEWS}")
    pictures = [_picture(frame, f"frames[{number}].file_path", file) for number, frame in enumerate(frames)]
    poses = [
        checked_pose(frame.get("transform_matrix"), file, f"frames[{number}].transform_matrix")
        for number, frame in enumerate(frames)
    ]
    return ReleasedCameras(float(angle), tuple(pictures), opengl_from_opencv(np.stack(poses)))


def _picture(frame: dict[str, Any], field: str, file: PurePosixPath) -> str:
    """Return the name of a frame's picture, which must be a plain name: it may lead nowhere else."""
    name = frame.get("file_path")
    if not isinstance(name, str) or len(name) > 255 or any(sign in name for sign in "/\\\0"):
        raise DatasetError(file, field, f"{str(name)[:80]!r} is no plain name of a file")
    if not name.endswith(_PICTURE) or name.startswith("."):
        raise DatasetError(file, field, f"{name[:80]!r} is no name of a png file")
    return name


def cameras_content(angle_x: float, pictures: Sequence[str], poses: Float[np.ndarray, "views 4 4"]) -> dict[str, Any]:
    """Return the content of a camera file. `poses` are camera-to-world with OpenGL axes."""
    matrices = opengl_from_opencv(poses) + 0.0  # the same turn goes back; the sum makes 0 of -0
    frames = [
        {"file_path": name, "transform_matrix": matrix.tolist()}
        for name, matrix in zip(pictures, matrices, strict=True)
    ]
    return {"camera_angle_x": angle_x, "frames": frames}


def common_angle(intrinsics: Float[np.ndarray, "views 4"], width: int, height: int) -> float:
    """Return the one horizontal field of view, in radians, of all these cameras (fx, fy, cx, cy) in pixels.

    Raises ValueError, with the rest of a sentence whose subject is the object, if they differ, if pixels are not
    square, or if an optical axis does not meet the picture's middle: the released format has one number for all.
    """
    focal = intrinsics.astype(np.float64)[:, :2]
    if np.ptp(focal, axis=0).max() > CENTRED:
        raise ValueError(f"has views whose focal lengths differ ({focal.min():g} to {focal.max():g} pixels)")
    if np.abs(focal[:, 0] - focal[:, 1]).max() > CENTRED:
        raise ValueError(f"has pixels that are not square (focal lengths {focal[0, 0]:g} and {focal[0, 1]:g})")
    centre = intrinsics.astype(np.float64)[:, 2:]
    if np.abs(centre - [width / 2, height / 2]).max() > CENTRED:
        worst = centre[np.abs(centre - [width / 2, height / 2]).max(axis=1).argmax()]
        raise ValueError(f"has a view whose principal point is {worst[0]:g}, {worst[1]:g}, not the picture's middle")
    return 2 * math.atan(0.5 * width / float(focal[0, 0]))

"""Check the cameras that files give."""

import math
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.views.view_source import Intrinsics

RIGID = 1e-3  # files round their numbers: some have five digits
LARGEST_PIXELS = 1e9  # of a focal length or a principal point
LARGEST_DISTANCE = 1e9  # of a camera, in any unit: stores hold it as float32
LEAST_ANGLE = 1e-6  # radians


def checked_pose(numbers: object, file: PurePosixPath, field: str) -> Float64[np.ndarray, "4 4"]:
    """The 4x4 of a rigid motion, from rows of numbers, 3x4 or 4x4.

    Raises DatasetError for anything else, and for a matrix with a scale or a mirror.
    """
    try:
        rows = np.array(numbers, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise DatasetError(file, field, "is no matrix of numbers") from None
    if rows.shape not in ((3, 4), (4, 4)):
        raise DatasetError(file, field, f"has the shape {rows.shape}, not 4 x 4 or 3 x 4")
    if not (np.abs(rows) <= LARGEST_DISTANCE).all():
        raise DatasetError(file, field, f"holds a number that is not finite, or beyond {LARGEST_DISTANCE:g}")
    if len(rows) == 4 and not np.allclose(rows[3], [0, 0, 0, 1], atol=RIGID):
        raise DatasetError(file, field, "has a last row other than 0 0 0 1")
    turn = rows[:3, :3]
    if not np.allclose(turn @ turn.T, np.eye(3), atol=RIGID) or np.linalg.det(turn) < 0:
        raise DatasetError(file, field, "is no rotation: its first three columns have a scale, a skew or a mirror")
    pose = np.eye(4)
    pose[:3] = rows[:3]
    return pose


def inverse_pose(pose: Float64[np.ndarray, "4 4"]) -> Float64[np.ndarray, "4 4"]:
    """Turn a rigid motion around: camera-to-world from world-to-camera."""
    inverse = np.eye(4)
    inverse[:3, :3] = pose[:3, :3].T
    inverse[:3, 3] = -pose[:3, :3].T @ pose[:3, 3]
    return inverse


def checked_intrinsics(numbers: Sequence[float], file: PurePosixPath, field: str) -> Intrinsics:
    """Intrinsics of (fx, fy, cx, cy) in pixels. Raises DatasetError if no camera has them."""
    fx, fy, cx, cy = numbers
    if not (0 < fx <= LARGEST_PIXELS and 0 < fy <= LARGEST_PIXELS):
        raise DatasetError(file, field, f"has a focal length of {fx:g}, {fy:g} pixels, which is no camera's")
    if not (abs(cx) <= LARGEST_PIXELS and abs(cy) <= LARGEST_PIXELS):
        raise DatasetError(file, field, f"has a principal point of {cx:g}, {cy:g}, which is in no image")
    return Intrinsics(fx, fy, cx, cy)


def focal_of_angle(angle: float, side: float, file: PurePosixPath, field: str) -> float:
    """The focal length in pixels of an image `side` pixels long with this angle of view in radians.

    Raises DatasetError if it is no angle of view.
    """
    if not LEAST_ANGLE < angle < math.pi:
        raise DatasetError(file, field, f"{angle:g} is no angle of view in radians")
    return 0.5 * side / math.tan(0.5 * angle)


def centred_intrinsics(angle_x: float, shape: tuple[int, ...], file: PurePosixPath, field: str) -> Intrinsics:
    """Intrinsics of square pixels and an optical axis through the image's middle, from the horizontal angle.

    `shape` begins with (height, width). Raises DatasetError if no camera has them.
    """
    height, width = shape[:2]
    focal = focal_of_angle(angle_x, width, file, field)
    return checked_intrinsics((focal, focal, width / 2, height / 2), file, field)


def resized(
    intrinsics: Intrinsics, given: tuple[float, float], actual: tuple[int, int], file: PurePosixPath, field: str
) -> Intrinsics:
    """Intrinsics of an image of `given` (height, width) for the `actual` one, which is the same view resized.

    Raises DatasetError if no camera has them.
    """
    down, across = actual[0] / given[0], actual[1] / given[1]
    if abs(down - across) * min(given) > 1:  # sizes are rounded; a crop or a turn is no resizing
        sizes = " and ".join(f"{width:g} x {height:g}" for height, width in (given, actual))
        raise DatasetError(file, field, f"has another shape than its picture: {sizes} pixels")
    numbers = intrinsics.array() * [across, down, across, down]
    return checked_intrinsics(numbers.tolist(), file, field)

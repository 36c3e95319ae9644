"""Estimate from silhouettes how far from its cameras an object lies."""

import numpy as np
from jaxtyping import Bool, Float64


def silhouette_reach(
    foreground: Bool[np.ndarray, "views h w"],
    poses: Float64[np.ndarray, "views 4 4"],
    intrinsics: Float64[np.ndarray, "views 4"],
) -> tuple[float, float]:
    """The nearest and farthest distance from a camera to an object that is centred on the world's origin.

    Poses are camera-to-world with OpenGL axes. A ray that meets the object passes the origin at some distance; the
    largest one is taken for the object's radius. Without foreground the radius is 0.
    """
    distance = np.linalg.norm(poses[:, :3, 3], axis=1)
    radius = max(_radius(*view) for view in zip(foreground, poses, intrinsics, strict=True))
    return float(distance.min() - radius), float(distance.max() + radius)


def _radius(
    foreground: Bool[np.ndarray, "h w"], pose: Float64[np.ndarray, "4 4"], intrinsics: Float64[np.ndarray, "4"]
) -> float:
    """The largest distance from the origin of the rays through the pixels' centres."""
    row, column = np.nonzero(foreground)
    if not len(row):
        return 0.0
    fx, fy, cx, cy = intrinsics
    local = np.stack([(column + 0.5 - cx) / fx, -(row + 0.5 - cy) / fy, -np.ones(len(row))], axis=1)
    direction = local @ pose[:3, :3].T
    across = np.linalg.norm(np.cross(direction, pose[:3, 3]), axis=1) / np.linalg.norm(direction, axis=1)
    return float(across.max())

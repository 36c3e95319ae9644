"""Labels by projection: keypoints and parts of an annotated object, as its views show them."""

import numpy as np
from jaxtyping import Bool, Float32, Float64, UInt8
from scipy.spatial import cKDTree

from pipeline.config.settings import Camera
from render.cameras import centred_intrinsics, project, unproject


def visible_keypoints(
    xyz: Float64[np.ndarray, "k 3"],
    depth: Float32[np.ndarray, "views h w"],
    poses: Float64[np.ndarray, "views 4 4"],
    camera: Camera,
    tolerance: float,
) -> tuple[Float32[np.ndarray, "views k 2"], Bool[np.ndarray, "views k"]]:
    """Project keypoints (world; NaN = absent) into each view, and tell whether they are seen.

    A keypoint is seen if a foreground pixel among the 3 x 3 around its own has a surface no more than `tolerance`
    (world units, along the optical axis) in front of it. The neighbours count because a keypoint on a silhouette falls
    into a background pixel half of the time.
    """
    uv = np.full((len(poses), len(xyz), 2), np.nan, dtype=np.float32)
    visible = np.zeros((len(poses), len(xyz)), dtype=bool)
    present = np.isfinite(xyz).all(axis=1)
    intrinsics = centred_intrinsics(camera.size, camera.angle_x)
    for view, pose in enumerate(poses):
        where, along = project(xyz[present], pose, intrinsics)
        uv[view, present] = where
        inside = (along > 0) & (where >= 0).all(axis=1) & (where < camera.size).all(axis=1)
        column, row = (np.floor(np.where(inside[:, None], where, 0)).astype(int)).T
        padded = np.pad(depth[view], 1)
        around = np.stack([padded[row + r, column + c] for r in range(3) for c in range(3)], axis=1)
        surface = around > 0
        # Nearest in depth to the keypoint itself: a pixel's neighbour may lie far behind it or, past an edge, in front.
        own = around[:, 4]
        hidden = (own > 0) & (own < along - tolerance)
        near = (surface & (np.abs(around - along[:, None]) <= tolerance)).any(axis=1)
        visible[view, present] = inside & near & ~hidden
    return uv, visible


def part_maps(
    points: Float64[np.ndarray, "n 3"],
    label: UInt8[np.ndarray, " n"],
    depth: Float32[np.ndarray, "views h w"],
    poses: Float64[np.ndarray, "views 4 4"],
    camera: Camera,
    distance: float,
) -> UInt8[np.ndarray, "views h w"]:
    """Give each foreground pixel the label of the annotated point (world) nearest to its surface point.

    0 on the background and where no annotated point lies within `distance` (world units).
    """
    maps = np.zeros(depth.shape, dtype=np.uint8)
    if len(points) == 0:
        return maps
    tree = cKDTree(points)
    for view, pose in enumerate(poses):
        seen = depth[view] > 0
        surface = unproject(depth[view], pose, camera.angle_x)[seen]
        away, nearest = tree.query(surface, distance_upper_bound=distance)
        maps[view][seen] = np.where(np.isfinite(away), label[np.minimum(nearest, len(points) - 1)], 0)
    return maps

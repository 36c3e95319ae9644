"""Bring the arbitrary frame and unit of a sequence into the world: +Y up, the object at the origin.

Structure from motion leaves rotation, shift and scale of a sequence open. They are fixed by its cameras, or by its
point cloud. The result does not depend on the frame that the sequence came in. Nothing tells the object's front.
"""

import numpy as np
from jaxtyping import Float64

Poses = Float64[np.ndarray, "views 4 4"]

# Below this, the right axes of all cameras lie along one line, and any direction across it could be up (10 degrees).
LEAST_SPREAD = 0.17
# The optical axes must meet: the smallest mean squared sine between them and any direction.
LEAST_ANGLE = 1e-3
OUTLIERS = 0.01  # share of points that is left out on each side of the box


def up_direction(poses: Poses) -> Float64[np.ndarray, "3"]:
    """The unit direction of the top: across all cameras' right axes, on the side of their mean up axis.

    People hold cameras level and tilt them up and down, so the right axes are horizontal while the up axes are not
    vertical. Where all cameras look the same way, it is the mean up axis. The method is nerfstudio's `vertical`.
    """
    right, mean_up = poses[:, :3, 0], poses[:, :3, 1].mean(axis=0)
    _, spread, across = np.linalg.svd(right, full_matrices=len(right) < 3)
    level = len(right) > 1 and spread[1] > LEAST_SPREAD * np.sqrt(len(right))
    up = across[2] * np.sign(across[2] @ mean_up) if level else mean_up
    length = float(np.linalg.norm(up))
    if not length > 1e-6:
        raise ValueError("the cameras do not tell where up is")
    unit: Float64[np.ndarray, "3"] = up / length
    return unit


def common_point(poses: Poses) -> Float64[np.ndarray, "3"]:
    """The point nearest to all optical axes, by least squares.

    Raises ValueError if the axes are parallel, or the point lies behind half of the cameras.
    """
    centre, backward = poses[:, :3, 3], poses[:, :3, 2]
    across = np.eye(3) - backward[:, :, None] * backward[:, None, :]  # projections across each axis
    normal = across.mean(axis=0)
    if np.linalg.eigvalsh(normal)[0] < LEAST_ANGLE:
        raise ValueError("the cameras' axes are almost parallel, so they do not tell where the object is")
    point: Float64[np.ndarray, "3"] = np.linalg.solve(normal, np.einsum("nij,nj->i", across, centre) / len(poses))
    if np.median(np.einsum("nj,nj->n", centre - point, backward)) <= 0:
        raise ValueError("the cameras look away from the point that their axes have in common")
    return point


def world_from_cameras(poses: Poses, radius: float) -> Float64[np.ndarray, "4 4"]:
    """The similarity that brings the cameras' common point to the origin and their median distance to `radius`.

    The first camera comes to lie above the positive Z axis. Raises ValueError if the cameras do not tell.
    """
    point = common_point(poses)
    distance = float(np.median(np.linalg.norm(poses[:, :3, 3] - point, axis=1)))
    turn = _turn(up_direction(poses), poses[0, :3, 3] - point)
    return _similarity(turn, radius / distance, point)


def world_from_points(
    points: Float64[np.ndarray, "n 3"], poses: Poses, longest_edge: float
) -> Float64[np.ndarray, "4 4"]:
    """The similarity that brings the points' box to the origin and its longest edge to `longest_edge`.

    The box is upright, and its horizontal edges follow the main axes of the points, the longer one along Z, the first
    camera on the side of positive Z. A share of OUTLIERS on each side of the box is left out. Raises ValueError if the
    points have no extent or the cameras do not tell where up is.
    """
    up = up_direction(poses)
    level = _turn(up, poses[0, :3, 2])
    x, _, z = _trimmed(points @ level.T).T
    # The angle of the main axis from Z, by the second moments: half the angle of (2 xz, zz - xx).
    angle = 0.5 * np.arctan2(2 * np.mean(x * z), np.mean(z * z) - np.mean(x * x))
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, 0.0, -sine], [0.0, 1.0, 0.0], [sine, 0.0, cosine]]) @ level
    local = points @ turn.T
    low, high = np.quantile(local, [OUTLIERS, 1 - OUTLIERS], axis=0)
    extent = float((high - low).max())
    if not extent > 1e-12:
        raise ValueError("the point cloud has no extent")
    return _similarity(turn, longest_edge / extent, turn.T @ ((low + high) / 2))


def _trimmed(points: Float64[np.ndarray, "n 3"]) -> Float64[np.ndarray, "m 3"]:
    """The points inside the trimmed box, about their mean."""
    low, high = np.quantile(points, [OUTLIERS, 1 - OUTLIERS], axis=0)
    inside = points[((points >= low) & (points <= high)).all(axis=1)]
    kept = inside if len(inside) else points
    centred: Float64[np.ndarray, "m 3"] = kept - kept.mean(axis=0)
    return centred


def _turn(up: Float64[np.ndarray, "3"], front: Float64[np.ndarray, "3"]) -> Float64[np.ndarray, "3 3"]:
    """The rotation that brings `up` to +Y and the horizontal part of `front` to +Z."""
    level = front - (front @ up) * up
    if np.linalg.norm(level) < 1e-6 * np.linalg.norm(front):  # straight above: any direction will do
        level = np.cross(up, np.eye(3)[int(np.argmin(np.abs(up)))])
    forward = level / np.linalg.norm(level)
    return np.stack([np.cross(up, forward), up, forward])


def _similarity(
    turn: Float64[np.ndarray, "3 3"], scale: float, centre: Float64[np.ndarray, "3"]
) -> Float64[np.ndarray, "4 4"]:
    matrix = np.eye(4)
    matrix[:3, :3] = scale * turn
    matrix[:3, 3] = -scale * turn @ centre
    return matrix

"""The distance of many points to many triangles: large triangles cut, then k-d trees over small ones.

Triangles are halved until none is longer than a cell, which changes no distance; then every triangle lies in a small
ball about its centroid, and a k-d tree over centroids finds the few that can be nearest to a point.
"""

import numpy as np
from jaxtyping import Float64, Int64
from scipy.spatial import cKDTree

from pipeline.datasets.triangle_distance import dot, lower_to_pairs, pair_distance

_CELLS = 32  # cells along the box's diagonal; 24 to 48 take about the same time
_CLASSES = (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)  # upper radii of the classes of triangles, in cells
_PAIRS_AT_ONCE = 2**24  # bounds the memory: in the worst case all triangles are near to all points


def distance_by_trees(
    corners: Float64[np.ndarray, "t 3 3"], points: Float64[np.ndarray, "n 3"]
) -> Float64[np.ndarray, " n"]:
    """The distance of each point to the nearest triangle, where there are many of both."""
    cell = float(np.linalg.norm(np.ptp(corners.reshape(-1, 3), axis=0))) / _CELLS
    triangles = _halved(corners, cell)
    centroid = triangles.mean(axis=1)
    radius = np.linalg.norm(triangles - centroid[:, None], axis=2).max(axis=1)
    nearest = cKDTree(centroid).query(points)[1]
    best = pair_distance(triangles[nearest], points)
    low = -1.0
    for share in _CLASSES:
        member = np.flatnonzero((radius > low) & (radius <= share * cell))
        low = share * cell
        if len(member):
            _improve(best, triangles[member], centroid[member], radius[member], points)
    return best


def _improve(
    best: Float64[np.ndarray, " n"],
    triangles: Float64[np.ndarray, "t 3 3"],
    centroid: Float64[np.ndarray, "t 3"],
    radius: Float64[np.ndarray, " t"],
    points: Float64[np.ndarray, "n 3"],
) -> None:
    """Lower `best` in place to the distance to triangles whose corners lie within `radius` of their centroids."""
    tree, reach = cKDTree(centroid), float(radius.max())
    step = max(1, _PAIRS_AT_ONCE // len(triangles))
    for start in range(0, len(points), step):
        part = slice(start, start + step)
        near = tree.query_ball_point(points[part], best[part] + reach, return_sorted=False)
        counts = np.array([len(found) for found in near])
        if counts.any():
            point = start + np.repeat(np.arange(len(near)), counts)
            triangle: Int64[np.ndarray, " p"] = np.concatenate([np.array(found, dtype=np.int64) for found in near])
            gap = points[point] - centroid[triangle]
            can = np.flatnonzero(dot(gap, gap) < (best[point] + radius[triangle]) ** 2)
            lower_to_pairs(best, triangles, points, point[can], triangle[can])


def _halved(triangles: Float64[np.ndarray, "t 3 3"], longest: float) -> Float64[np.ndarray, "u 3 3"]:
    """The same surface in triangles without an edge above `longest`, by cutting longest edges in the middle."""
    done = []
    while len(triangles):
        edge = np.linalg.norm(np.roll(triangles, -1, axis=1) - triangles, axis=2)
        long = edge.max(axis=1) > longest
        done.append(triangles[~long])
        # Turn each triangle so that its longest edge runs from corner 0 to corner 1.
        order = (edge[long].argmax(axis=1)[:, None] + np.arange(3)) % 3
        a, b, c = np.moveaxis(np.take_along_axis(triangles[long], order[:, :, None], axis=1), 1, 0)
        middle = (a + b) / 2
        triangles = np.concatenate([np.stack([a, middle, c], axis=1), np.stack([middle, b, c], axis=1)])
    return np.concatenate(done)

"""The exact distance of points to a triangle mesh, without an index library.

Large triangles are halved until none is longer than a cell, which changes no distance; then every triangle lies in a
small ball about its centroid, and a k-d tree over centroids finds the few that can be nearest to a point.
"""

import numpy as np
from jaxtyping import Float64, Int32, Int64
from scipy.spatial import cKDTree

_CELLS = 32  # cells along the box's diagonal; 24 to 48 take about the same time
_CLASSES = (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)  # upper radii of the classes of triangles, in cells
_POINTS_AT_ONCE = 1024  # bounds the memory for pairs


def surface_distance(
    vertices: Float64[np.ndarray, "v 3"], faces: Int32[np.ndarray, "f 3"], points: Float64[np.ndarray, "n 3"]
) -> Float64[np.ndarray, " n"]:
    """Euclidean distance of each point to the nearest point of any face, in the vertices' unit.

    Exact up to rounding; degenerate faces count as the segments or points that they are. Raises ValueError without
    faces.
    """
    if not len(faces):
        raise ValueError("a mesh without faces has no surface")
    corners = vertices[np.unique(np.sort(faces, axis=1), axis=0)]  # twin faces are one
    cell = float(np.linalg.norm(np.ptp(corners.reshape(-1, 3), axis=0))) / _CELLS
    triangles = _halved(corners, cell)
    centroid = triangles.mean(axis=1)
    radius = np.linalg.norm(triangles - centroid[:, None], axis=2).max(axis=1)
    nearest = cKDTree(centroid).query(points)[1]
    best = _pair_distance(triangles[nearest], points)
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
    for start in range(0, len(points), _POINTS_AT_ONCE):
        part = slice(start, start + _POINTS_AT_ONCE)
        near = tree.query_ball_point(points[part], best[part] + reach, return_sorted=False)
        counts = np.array([len(found) for found in near])
        if counts.any():
            point = start + np.repeat(np.arange(len(near)), counts)
            triangle: Int64[np.ndarray, " p"] = np.concatenate([np.array(found, dtype=np.int64) for found in near])
            gap = points[point] - centroid[triangle]
            can = np.flatnonzero(_dot(gap, gap) < (best[point] + radius[triangle]) ** 2)
            point, triangle = point[can], triangle[can]
            np.minimum.at(best, point, _pair_distance(triangles[triangle], points[point]))


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


def _pair_distance(
    triangles: Float64[np.ndarray, "p 3 3"], points: Float64[np.ndarray, "p 3"]
) -> Float64[np.ndarray, " p"]:
    """Distance of point i to triangle i: to its plane where the perpendicular's foot lies inside, else to its edges."""
    start = np.moveaxis(triangles, 1, 0)  # corner, pair, axis
    edge = np.roll(start, -1, axis=0) - start
    offset = points - start
    length2 = _dot(edge, edge)
    along = np.clip(_dot(offset, edge) / np.where(length2 > 0, length2, 1.0), 0.0, 1.0)
    rest = offset - along[..., None] * edge
    square = _dot(rest, rest).min(axis=0)
    normal = np.cross(edge[0], -edge[2])
    area2 = _dot(normal, normal)
    # A sliver's normal is noise; its edges are nearer to its surface than 1e-10 of their length.
    solid = area2 > 1e-20 * length2.max(axis=0) ** 2
    inside = solid & (_dot(np.cross(edge, offset), normal) >= 0).all(axis=0)
    height = _dot(offset[0], normal)
    flat = height * height / np.where(solid, area2, 1.0)
    distance: Float64[np.ndarray, " p"] = np.sqrt(np.where(inside, np.minimum(square, flat), square))
    return distance


def _dot(a: Float64[np.ndarray, "*pairs 3"], b: Float64[np.ndarray, "*#pairs 3"]) -> Float64[np.ndarray, "*pairs"]:
    product: Float64[np.ndarray, "*pairs"] = np.einsum("...i,...i->...", a, b)
    return product

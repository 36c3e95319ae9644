"""The exact distance of points to a triangle mesh, fast for a few dozen points."""

import numpy as np
from jaxtyping import Float64, Int32, Int64

_PAIRS_AT_ONCE = 2**16  # whose bounds are compared; larger products start threads, which wait for each other
_MEASURED_AT_ONCE = 2**13  # more leave the processor's cache: several times slower
_ROUNDING = 1e-12  # of coordinates within 1, generously


def surface_distance(
    vertices: Float64[np.ndarray, "v 3"], faces: Int32[np.ndarray, "f 3"], points: Float64[np.ndarray, "n 3"]
) -> Float64[np.ndarray, " n"]:
    """Euclidean distance of each point to the nearest point of any face, in the vertices' unit.

    Exact up to rounding; degenerate faces count as the segments or points that they are. Coordinates must be finite.
    Raises ValueError without faces.
    """
    if not len(faces):
        raise ValueError("a mesh without faces has no surface")
    if not len(points):
        return np.zeros(0)
    triangles = vertices[_without_twins(faces).T]  # corner, triangle, axis
    # A power of two scales without rounding, and squares of coordinates can neither overflow nor vanish.
    exponent = int(np.frexp(max(-triangles.min(), triangles.max(), np.abs(points).max()))[1])
    triangles, points = np.ldexp(triangles, -exponent), np.ldexp(points, -exponent)
    centroid, low, high = triangles.mean(axis=0), triangles.min(axis=0), triangles.max(axis=0)
    spokes, products, length2 = triangles - centroid, -2 * centroid.T, np.vecdot(centroid, centroid)
    radius = np.sqrt(np.vecdot(spokes, spokes).max(axis=0)) + _ROUNDING
    best = np.empty(len(points))
    step = max(1, _PAIRS_AT_ONCE // len(centroid))
    for start in range(0, len(points), step):
        part = points[start : start + step]
        one = np.ones(len(part))
        nearest = (np.column_stack([part, one]) @ np.vstack([products, length2])).argmin(axis=1)
        # The triangle with the nearest centroid gives an upper bound. Only triangles are measured whose ball about the
        # centroid, and then whose box, begins within it. |p - c|^2 <= (radius + bound)^2 is solved for the terms of
        # points alone, so that each pair costs one product of matrices and one comparison.
        bound = pair_distance(triangles[:, nearest], part) + _ROUNDING
        pairs = np.column_stack([part, bound, one]) @ np.vstack([products, -2 * radius, length2 - radius**2])
        limit = bound**2 - np.vecdot(part, part) + _ROUNDING
        point, triangle = np.divmod(np.flatnonzero(pairs <= limit[:, None]), len(centroid))
        at = part[point]
        outside = np.maximum(np.maximum(low[triangle] - at, at - high[triangle]), 0.0)
        near = np.vecdot(outside, outside) <= np.square(bound)[point]
        best[start : start + step] = _lowered(bound, triangles, part, point[near], triangle[near])
    distance: Float64[np.ndarray, " n"] = np.ldexp(best, exponent)
    return distance


def _without_twins(faces: Int32[np.ndarray, "f 3"]) -> Int32[np.ndarray, "g 3"]:
    """Keep one face of each set with the same three vertices: ShapeNet stores most faces twice."""
    first, second, third = np.sort(faces.astype(np.int64), axis=1).T
    count = int(third.max()) + 1
    if count > 2**21 - 1:  # three such numbers do not fit into one of 64 bits
        return faces
    return faces[np.unique((first * count + second) * count + third, return_index=True)[1]]


def _lowered(
    bound: Float64[np.ndarray, " n"],
    triangles: Float64[np.ndarray, "3 t 3"],
    points: Float64[np.ndarray, "n 3"],
    point: Int64[np.ndarray, " p"],
    triangle: Int64[np.ndarray, " p"],
) -> Float64[np.ndarray, " n"]:
    """`bound`, lowered to the distances of pairs given by two lists of indices."""
    best = bound.copy()
    for start in range(0, len(point), _MEASURED_AT_ONCE):
        part = slice(start, start + _MEASURED_AT_ONCE)
        np.minimum.at(best, point[part], pair_distance(triangles[:, triangle[part]], points[point[part]]))
    return best


def pair_distance(
    triangles: Float64[np.ndarray, "3 p 3"], points: Float64[np.ndarray, "p 3"]
) -> Float64[np.ndarray, " p"]:
    """Distance of point i to triangle i: to its plane where the perpendicular's foot lies inside, else to its edges."""
    edge = triangles[[1, 2, 0]] - triangles
    offset = points - triangles
    length2 = np.vecdot(edge, edge)
    along = np.clip(np.vecdot(offset, edge) / np.where(length2 > 0, length2, 1.0), 0.0, 1.0)
    rest = offset - along[..., None] * edge
    square = np.vecdot(rest, rest).min(axis=0)
    normal = np.cross(edge[0], -edge[2])
    area2 = np.vecdot(normal, normal)
    # A sliver's normal is noise; its edges are nearer to its surface than 1e-10 of their length.
    solid = area2 > 1e-20 * length2.max(axis=0) ** 2
    inside = solid & (np.vecdot(np.cross(edge, offset), normal) >= 0).all(axis=0)
    height = np.vecdot(offset[0], normal)
    flat = height * height / np.where(solid, area2, 1.0)
    distance: Float64[np.ndarray, " p"] = np.sqrt(np.where(inside, np.minimum(square, flat), square))
    return distance

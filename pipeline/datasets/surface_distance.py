"""The exact distance of points to a triangle mesh, fast for a few dozen points."""

import numpy as np
from jaxtyping import Float32, Float64, Int32, Int64

from pipeline.datasets.triangle_distance import dot, lower_to_pairs, pair_distance

_PAIRS_AT_ONCE = 2**20  # of a point and a triangle; bounds the memory
_PRODUCTS_AT_ONCE = 2**16
_ROUNDING = 1e-12  # of coordinates within 1, generously
_ROUNDING_OF_SINGLES = 1e-5  # of sums of a few squares of them


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
    triangles = vertices.take(faces[_first_twins(faces)], axis=0)
    # A power of two scales without rounding, and squares of coordinates can neither overflow nor vanish.
    exponent = int(np.frexp(max(-triangles.min(), triangles.max(), np.abs(points).max()))[1])
    triangles, points = np.ldexp(triangles, -exponent), np.ldexp(points, -exponent)
    distance: Float64[np.ndarray, " n"] = np.ldexp(_by_bounds(triangles, points), exponent)
    return distance


def _by_bounds(
    triangles: Float64[np.ndarray, "t 3 3"], points: Float64[np.ndarray, "n 3"]
) -> Float64[np.ndarray, " n"]:
    """The distance of each point to the nearest triangle, by bounds on all pairs. Coordinates are within 1.

    Each triangle lies in a ball about its centroid and in a box. The distance to the triangle with the nearest
    centroid is an upper bound; only triangles whose ball and box begin within it are measured.
    """
    first, second, third = (np.ascontiguousarray(triangles[:, corner]) for corner in range(3))
    low = np.minimum(np.minimum(first, second), third)
    high = np.maximum(np.maximum(first, second), third)
    centroid = (first + second + third) / 3
    radius2 = np.zeros(len(triangles))
    for corner in (first, second, third):
        np.maximum(radius2, dot(corner - centroid, corner - centroid), out=radius2)
    # Single precision is enough to choose pairs, as long as what it rounds is allowed for.
    radius = (np.sqrt(radius2) + _ROUNDING).astype(np.float32)
    best = np.empty(len(points))
    step = max(1, _PAIRS_AT_ONCE // len(triangles))
    for start in range(0, len(points), step):
        part = points[start : start + step]
        gap2 = _squares(centroid, part)
        bound = pair_distance(triangles[gap2.argmin(axis=1)], part) + _ROUNDING
        reach = radius + bound.astype(np.float32)[:, None]
        reach *= reach
        reach += np.float32(_ROUNDING_OF_SINGLES)
        point, triangle = np.divmod(np.flatnonzero(gap2 <= reach), len(triangles))
        best[start : start + step] = _nearest(triangles, low, high, part, bound, point, triangle)
    return best


def _squares(centroid: Float64[np.ndarray, "t 3"], points: Float64[np.ndarray, "n 3"]) -> Float32[np.ndarray, "n t"]:
    """The squared distance of each point to each centroid, up to the rounding of single precision."""
    factor, length2 = (-2 * centroid.T).astype(np.float32), dot(centroid, centroid).astype(np.float32)
    squares = np.empty((len(points), len(centroid)), dtype=np.float32)
    # Larger products would start threads, which wait for each other longer than they work.
    step = max(1, _PRODUCTS_AT_ONCE // len(centroid))
    for start in range(0, len(points), step):
        np.matmul(points[start : start + step].astype(np.float32), factor, out=squares[start : start + step])
    squares += length2
    squares += dot(points, points).astype(np.float32)[:, None]
    return squares


def _nearest(
    triangles: Float64[np.ndarray, "t 3 3"],
    low: Float64[np.ndarray, "t 3"],
    high: Float64[np.ndarray, "t 3"],
    points: Float64[np.ndarray, "n 3"],
    bound: Float64[np.ndarray, " n"],
    point: Int64[np.ndarray, " p"],
    triangle: Int64[np.ndarray, " p"],
) -> Float64[np.ndarray, " n"]:
    """`bound`, lowered to the distances of those pairs whose box from `low` to `high` begins within it."""
    at = points.take(point, axis=0)
    outside = np.maximum(low.take(triangle, axis=0) - at, at - high.take(triangle, axis=0))
    np.maximum(outside, 0.0, out=outside)
    can = np.flatnonzero(dot(outside, outside) <= (bound * bound)[point])
    best = bound.copy()
    lower_to_pairs(best, triangles, points, point[can], triangle[can])
    return best


def _first_twins(faces: Int32[np.ndarray, "f 3"]) -> Int64[np.ndarray, " g"]:
    """One face, by number, of each set of faces with the same three vertices: ShapeNet stores most faces twice."""
    a, b, c = faces.T.astype(np.int64)
    smallest, largest = np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)
    middle = a + b + c - smallest - largest
    count = int(largest.max()) + 1
    if count > 2**21 - 1:  # three such numbers do not fit into one of 64 bits
        return np.arange(len(faces))
    first: Int64[np.ndarray, " g"] = np.unique((smallest * count + middle) * count + largest, return_index=True)[1]
    return first

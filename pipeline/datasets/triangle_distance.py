"""The exact distance of a point to a triangle, for many pairs at once."""

import numpy as np
from jaxtyping import Float64, Int64

_PAIRS_AT_ONCE = 2**13  # more leave the processor's cache: several times slower


def lower_to_pairs(
    best: Float64[np.ndarray, " n"],
    triangles: Float64[np.ndarray, "t 3 3"],
    points: Float64[np.ndarray, "n 3"],
    point: Int64[np.ndarray, " p"],
    triangle: Int64[np.ndarray, " p"],
) -> None:
    """Lower `best`, an entry a point, in place to the distances of pairs given by two lists of indices."""
    for start in range(0, len(point), _PAIRS_AT_ONCE):
        part = slice(start, start + _PAIRS_AT_ONCE)
        distance = pair_distance(triangles.take(triangle[part], axis=0), points.take(point[part], axis=0))
        np.minimum.at(best, point[part], distance)


def pair_distance(
    triangles: Float64[np.ndarray, "p 3 3"], points: Float64[np.ndarray, "p 3"]
) -> Float64[np.ndarray, " p"]:
    """Distance of point i to triangle i: to its plane where the perpendicular's foot lies inside, else to its edges."""
    start = np.ascontiguousarray(triangles.transpose(1, 0, 2))  # corner, pair, axis
    edge = start[[1, 2, 0]] - start
    offset = points - start
    length2 = dot(edge, edge)
    along = np.clip(dot(offset, edge) / np.where(length2 > 0, length2, 1.0), 0.0, 1.0)
    rest = offset - along[..., None] * edge
    square = dot(rest, rest).min(axis=0)
    normal = _cross(edge[0], -edge[2])
    area2 = dot(normal, normal)
    # A sliver's normal is noise; its edges are nearer to its surface than 1e-10 of their length.
    solid = area2 > 1e-20 * length2.max(axis=0) ** 2
    inside = solid & (dot(_cross(edge, offset), normal) >= 0).all(axis=0)
    height = dot(offset[0], normal)
    flat = height * height / np.where(solid, area2, 1.0)
    distance: Float64[np.ndarray, " p"] = np.sqrt(np.where(inside, np.minimum(square, flat), square))
    return distance


def dot(a: Float64[np.ndarray, "*pairs 3"], b: Float64[np.ndarray, "*#pairs 3"]) -> Float64[np.ndarray, "*pairs"]:
    """The inner product of each pair of vectors."""
    product: Float64[np.ndarray, "*pairs"] = np.einsum("...i,...i->...", a, b)
    return product


def _cross(a: Float64[np.ndarray, "*pairs 3"], b: Float64[np.ndarray, "*#pairs 3"]) -> Float64[np.ndarray, "*pairs 3"]:
    """Cross products, several times as fast as np.cross for small arrays."""
    return np.stack(
        [
            a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1],
            a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2],
            a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0],
        ],
        axis=-1,
    )

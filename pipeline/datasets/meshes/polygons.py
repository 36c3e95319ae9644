"""Cut polygons into triangles: fans, and other triangles for concave ones, outside of which a fan would reach.

No library among those in use does the latter.
"""

from itertools import pairwise

import numpy as np
from jaxtyping import Float64, Int64

# Seconds for an object; other concave polygons stay fans.
_MOST_CORNERS = 2_000  # of a polygon
_ALL_CORNERS = 100_000  # of an object's concave polygons
_TRIES = 20  # a corner


def fans(counts: Int64[np.ndarray, " n"]) -> tuple[Int64[np.ndarray, " f"], Int64[np.ndarray, "f 3"]]:
    """The triangles (0, i, i + 1) of each polygon of `counts` corners, one polygon after the other.

    Returns the polygon of each triangle, and the places of its corners in the list of all corners.
    """
    size = np.maximum(counts - 2, 0)
    polygon = np.repeat(np.arange(len(counts)), size)
    first = (np.cumsum(counts) - counts)[polygon]
    second = first + 1 + np.arange(len(polygon)) - (np.cumsum(size) - size)[polygon]
    return polygon, np.stack([first, second, second + 1], axis=1)


def cut_concave(
    fan: Int64[np.ndarray, "f 3"], vertex: Int64[np.ndarray, " c"], points: Float64[np.ndarray, "v 3"]
) -> Int64[np.ndarray, "f 3"]:
    """Fans, with other triangles for polygons of which a fan's triangle lies outside.

    `fan` has places in a list of all polygons' corners: (0, i, i + 1) of each, one after the other. `vertex` is the
    vertex of each corner. A polygon that crosses itself gets as many triangles, and no promise where they lie.
    """
    begin = np.flatnonzero(np.diff(fan[:, 0], prepend=-1))
    size = np.diff(begin, append=len(fan))
    if size.max(initial=1) == 1:
        return fan
    corners = points[vertex[fan]]
    with np.errstate(all="ignore"):  # huge polygons and tiny ones stay fans
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        whole = np.add.reduceat(normal, begin)
        outside = (normal * np.repeat(whole, size, axis=0)).sum(axis=1)
        concave = np.minimum.reduceat(outside, begin) < -1e-9 * (whole**2).sum(axis=1)
    cut = fan.copy()
    quads = begin[concave & (size == 2)]
    cut[quads] = fan[quads][:, [1, 2, 2]] + [0, 0, 1]
    cut[quads + 1] = fan[quads][:, [1, 2, 0]] + [0, 1, 0]
    many = np.flatnonzero(concave & (size > 2) & (size < _MOST_CORNERS))
    for polygon in many[np.cumsum(size[many]) < _ALL_CORNERS].tolist():
        rows = slice(begin[polygon], begin[polygon] + size[polygon])
        outline = np.append(fan[rows][0, :2], fan[rows][:, 2])
        axis = int(np.abs(whole[polygon]).argmax())
        flat = points[vertex[outline]][:, [(axis + 1) % 3, (axis + 2) % 3]]
        cut[rows] = outline[_ears(flat if whole[polygon][axis] > 0 else flat[:, ::-1])]
    return cut


def _ears(flat: Float64[np.ndarray, "n 2"]) -> Int64[np.ndarray, "m 3"]:
    """Triangles of a polygon that runs counterclockwise: cut off corners whose triangle holds no other corner.

    G. H. Meisters, "Polygons have ears", 1975. Each step looks first where the last one cut.
    """
    left, ears, place, tries = np.arange(len(flat)), [], 0, _TRIES * len(flat)
    while len(left) > 3 and tries > 0:
        for at in [*range(place, len(left)), *range(place)]:
            tries -= 1
            ear = left[[at - 1, at, (at + 1) % len(left)]]
            if _is_ear(flat[ear], flat, left):
                break
        ears.append(ear)
        left = np.delete(left, at)
        place = max(at - 1, 0)
    return np.array([*ears, *([left[0], *pair] for pair in pairwise(left[1:]))])


def _is_ear(ear: Float64[np.ndarray, "3 2"], flat: Float64[np.ndarray, "n 2"], left: Int64[np.ndarray, " m"]) -> bool:
    """Tell whether a triangle is convex and holds no other corner that is left, or is a line."""
    (ax, ay), (bx, by), (cx, cy) = ear.tolist()
    turn = (bx - ax) * (cy - by) - (by - ay) * (cx - bx)
    flat_turn = 1e-12 * ((bx - ax) ** 2 + (by - ay) ** 2 + (cx - bx) ** 2 + (cy - by) ** 2)
    if turn <= flat_turn:
        return bool(turn >= -flat_turn)
    x, y = flat[left].T
    slack = -1e-9 * turn  # a point on a side is inside
    inside = (bx - ax) * (y - ay) - (by - ay) * (x - ax) >= slack
    inside &= (cx - bx) * (y - by) - (cy - by) * (x - bx) >= slack
    inside &= (ax - cx) * (y - cy) - (ay - cy) * (x - cx) >= slack
    return all(corner in ear.tolist() for corner in flat[left[inside]].tolist())

"""Builders of closed surfaces whose faces look outward. Lengths are in the units of the arguments."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int64
from scipy.interpolate import PchipInterpolator

from pipeline.synthetic.kernel.surface import TEXTURE_SIZE, Point, Surface, Vector, closed

Profile = Sequence[tuple[float, float]] | Float64[np.ndarray, "n 2"]
Path = Float64[np.ndarray, "p 3"] | Sequence[Point]
Values = float | Float64[np.ndarray, "..."]
Number = Values | Sequence[float]
CORNERS = ("front left", "front right", "rear left", "rear right")
LEFT_RIGHT = (("left", -1.0), ("right", 1.0))


def points(x: Number, y: Number, z: Number) -> Float64[np.ndarray, "*shape 3"]:
    """Points of these coordinates; numbers and arrays are broadcast against each other."""
    return np.stack(np.broadcast_arrays(*(np.asarray(value, np.float64) for value in (x, y, z))), axis=-1)


def corners(x: Number, y: Number, z: Number) -> Float64[np.ndarray, "4 3"]:
    """Four points at (-x or x, y, -z or z), in the order of `CORNERS`."""
    return points(np.array([-1.0, 1.0, -1.0, 1.0]) * x, y, np.array([-1.0, -1.0, 1.0, 1.0]) * z)


def loft(rings: Float64[np.ndarray, "s n 3"], texture_size: float = TEXTURE_SIZE, into_itself: bool = False) -> Surface:
    """A skin over closed rings of n points each, with a fan over the first and over the last ring.

    `into_itself`: the last ring is followed by the first, without fans.
    """
    stations, count, _ = rings.shape
    vertices, index = rings.reshape(-1, 3), np.arange(stations * count).reshape(stations, count)
    here, there = (index, np.roll(index, -1, axis=0)) if into_itself else (index[:-1], index[1:])
    faces = [_quads(here, np.roll(here, -1, axis=1), np.roll(there, -1, axis=1), there)]
    if not into_itself:
        first, last, centre = index[0], index[-1], np.full(count, len(vertices))
        faces.append(np.stack([np.roll(first, -1), first, centre], axis=1))
        faces.append(np.stack([last, np.roll(last, -1), centre + 1], axis=1))
        vertices = np.concatenate([vertices, rings[:1].mean(axis=1), rings[-1:].mean(axis=1)])
    return closed(vertices, np.concatenate(faces), texture_size)


def tube(
    path: Path, radius: Number, sides: int = 10, flatten: float = 1.0, texture_size: float = TEXTURE_SIZE
) -> Surface:
    """A tube along a path, round or, with four sides, a bar; `flatten` scales it across the path's own plane.

    The section's frame is carried along the path without twist. It starts upright, or facing +Z on a vertical path.
    """
    middle = np.asarray(path, np.float64)
    along = np.gradient(middle, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    up = np.array([0.0, 1.0, 0.0]) if abs(along[0, 1]) < 0.9 else np.array([0.0, 0.0, 1.0])
    unit = _unit_ring(sides)
    rings = []
    for point, tangent, size in zip(middle, along, np.broadcast_to(np.asarray(radius), len(middle)), strict=True):
        up = up - tangent * (up @ tangent)
        up /= np.linalg.norm(up)
        rings.append(point + size * (np.outer(unit[:, 0], up) + flatten * np.outer(unit[:, 1], np.cross(tangent, up))))
    return loft(np.stack(rings), texture_size)


def leg(foot: Point, top: Point, foot_radius: float, top_radius: float, sides: int = 8) -> Surface:
    """A tapered leg between two level sections, so that a slanting leg still stands flat on its foot."""
    unit = _unit_ring(sides) / (np.sqrt(2.0) if sides == 4 else 1.0)
    ring = points(unit[:, 0], 0.0, unit[:, 1])
    return loft(np.stack([np.asarray(foot) + foot_radius * ring, np.asarray(top) + top_radius * ring]))


def revolved(
    profile: Profile, axis: str, sides: int = 20, length: float = 1.0, radius: float = 1.0, hole: bool = False
) -> Surface:
    """A profile of (position, radius > 0) turned about the axis "x", "y" or "z"; it may run back into itself.

    `length` and `radius` are the units of the profile. `hole`: it is a closed one, with a hole along the axis.
    """
    angle = 2.0 * np.pi * np.arange(sides) / sides
    along, out = np.asarray(profile, np.float64).T[:, :, None] * np.array([length, radius])[:, None, None]
    first, second = out * np.cos(angle), out * np.sin(angle)
    order = {"x": (along, first, second), "y": (second, along, first), "z": (first, second, along)}
    return loft(points(*order[axis]), into_itself=hole)


def superellipse(width: Number, depth: Number, power: Number, count: int) -> Float64[np.ndarray, "*shape {count} 2"]:
    """Outlines about the origin: power 2 is an ellipse, larger powers near a rectangle."""
    angle = 2.0 * np.pi * (np.arange(count) + 0.5) / count
    cosine, sine = np.cos(angle), np.sin(angle)
    size_u, size_v, power = (np.asarray(value, np.float64)[..., None] for value in (width, depth, power))
    radius = 0.5 * (np.abs(cosine) ** power + np.abs(sine) ** power) ** (-1.0 / power)
    return np.stack(np.broadcast_arrays(size_u * radius * cosine, size_v * radius * sine), axis=-1)


def slab(
    outline: Float64[np.ndarray, "n 2"], height: float, bevel: float, dome: float, texture_size: float = TEXTURE_SIZE
) -> Surface:
    """A cushion or a board: the convex outline (x, z) raised from y = 0 to `height`.

    `bevel` rounds the edges, in units; `dome` lifts the middle of the top above `height`.
    """
    reach = np.abs(outline).max()
    inner, most = 1.0 - bevel / reach, 1.0 - 0.3 * bevel / reach
    scale = np.array([inner, most, 1.0, 1.0, most, inner, 0.55 * inner, 0.15 * inner])[:, None]
    level = [0.0, 0.3 * bevel, bevel, height - bevel, height - 0.3 * bevel, height, height + 0.75 * dome, height + dome]
    return loft(points(scale * outline[:, 0], np.array(level)[:, None], scale * outline[:, 1]), texture_size)


def box(corner: Point, opposite: Point, bevel: float = 0.003, texture_size: float = 0.8) -> Surface:
    """A box between two opposite corners, its upright edges sharp."""
    low, high = np.sort(np.array([corner, opposite], np.float64), axis=0)
    outline = 0.5 * (high - low)[[0, 2]] * np.array([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])
    surface = slab(outline, float(high[1] - low[1]), bevel, 0.0, texture_size)
    return surface.moved((0.5 * (low[0] + high[0]), low[1], 0.5 * (low[2] + high[2])))


def stack(sections: Sequence[Sequence[float]] | Float64[np.ndarray, "n c"], power: float, sides: int) -> Surface:
    """A body along z over superellipses of `power`: (z, height of the middle, half-width, half-height[, x])."""
    z, y, half_width, half_height, *x = np.asarray(sections, np.float64).T[:, :, None]
    outline = superellipse(2.0 * half_width[:, 0], 2.0 * half_height[:, 0], power, sides)
    return loft(points(outline[..., 0] + sum(x), y + outline[..., 1], z))


def hull(stations: Float64[np.ndarray, "n 4"], power: float, count: int, sides: int) -> Surface:
    """A stack through stations, smooth between them; `count` sections are drawn, closer together at both ends."""
    even, at = np.linspace(0.0, 1.0, count), stations[:, 0]
    z = at[0] + (at[-1] - at[0]) * (0.5 * even + 0.25 * (1.0 - np.cos(np.pi * even)))
    return stack(np.column_stack([z, PchipInterpolator(at, stations[:, 1:])(z)]), power, sides)


def block(
    width: float, height: float, depth: float, power: float = 5.0, bevel: float = 0.15, sides: int = 12
) -> Surface:
    """A block about the origin, `depth` long in z; `bevel` rounds both ends, in shares of the smaller side."""
    cut, half, x, y = bevel * min(width, height), 0.5 * depth, 0.5 * width, 0.5 * height
    ends = ((-half, cut), (-half + 0.5 * cut, 0.3 * cut), (half - 0.5 * cut, 0.3 * cut), (half, cut))
    return stack([(z, 0.0, x - less, y - less) for z, less in ends], power, sides)


def panel(middle: Float64[np.ndarray, "r c 3"], thickness: Number, fitted: bool = False) -> Surface:
    """A bent sheet around a grid of points, `thickness` measured across it (a number, or one at each point).

    `fitted`: the texture fills it once, u along the columns and v from the last row to the first.
    """
    normal = np.cross(np.gradient(middle, axis=0), np.gradient(middle, axis=1))
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    half = 0.5 * normal * np.broadcast_to(np.asarray(thickness)[..., None], (*middle.shape[:2], 1))
    rows, columns = middle.shape[:2]
    index, back = np.arange(rows * columns).reshape(rows, columns), rows * columns
    front = _quads(*(part.ravel() for part in (index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:])))
    rim = np.concatenate([index[0, :-1], index[:-1, -1], index[-1, :0:-1], index[:0:-1, 0]])
    after = np.roll(rim, -1)
    faces = np.concatenate([front, front[:, ::-1] + back, _quads(rim, after, after + back, rim + back)])
    surface = closed(np.concatenate([(middle + half).reshape(-1, 3), (middle - half).reshape(-1, 3)]), faces)
    if not fitted:
        return surface
    u, v = np.meshgrid(np.linspace(0.0, 1.0, columns), np.linspace(1.0, 0.0, rows))
    return surface.mapped(np.tile(np.stack([u.ravel(), v.ravel()], axis=1), (2, 1)))


def rounded(corners: Path, radius: float, steps: int = 5) -> Float64[np.ndarray, "q 3"]:
    """A path through `corners` whose inner corners are rounded off over `radius` to either side."""
    bends = np.asarray(corners, np.float64)
    path, share = [bends[:1]], np.linspace(0.0, 1.0, steps)[:, None]
    for before, corner, after in zip(bends[:-2], bends[1:-1], bends[2:], strict=True):
        start = corner + radius * (before - corner) / np.linalg.norm(before - corner)
        end = corner + radius * (after - corner) / np.linalg.norm(after - corner)
        path.append((1 - share) ** 2 * start + 2 * share * (1 - share) * corner + share**2 * end)
    return np.concatenate([*path, bends[-1:]])


def aerofoil(leading: Point, chord: Point, up: Vector, thickness: float, steps: int = 7) -> Float64[np.ndarray, "n 3"]:
    """A section of a wing: from the leading edge along `chord`, `thickness` times its length thick along the unit `up`.

    2 * steps points; point 0 is the leading edge, point `steps` the trailing edge. Thickness follows the four-digit
    NACA section; the underside is flatter.
    """
    x = 0.5 * (1.0 - np.cos(np.pi * np.arange(steps + 1) / steps))
    half = 5.0 * thickness * (0.2969 * np.sqrt(x) - 0.126 * x - 0.3516 * x**2 + 0.2843 * x**3 - 0.1015 * x**4)
    position = np.concatenate([x, x[steps - 1 : 0 : -1]])
    offset = np.concatenate([[0.0], half[1:steps], [0.0], -0.6 * half[steps - 1 : 0 : -1]])
    away = np.linalg.norm(chord) * np.outer(offset, up)
    return np.asarray(np.asarray(leading) + np.outer(position, chord) + away)


def _unit_ring(sides: int) -> Float64[np.ndarray, "n 2"]:
    """Points of a circle of radius 1, or with four sides the corners of a square of half-width 1."""
    angle = 2.0 * np.pi * np.arange(sides) / sides + (np.pi / 4.0 if sides == 4 else 0.0)
    return (np.sqrt(2.0) if sides == 4 else 1.0) * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _quads(*corners: Int64[np.ndarray, "*shape n"]) -> Int64[np.ndarray, "f 3"]:
    """Two triangles for each quad of corners a, b, c, d: of each row first a, b, c of all, then a, c, d of all."""
    quads = np.stack(corners, axis=-1)
    return np.stack([quads[..., [0, 1, 2]], quads[..., [0, 2, 3]]], axis=-3).reshape(-1, 3)

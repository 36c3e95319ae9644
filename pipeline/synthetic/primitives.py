"""Builders of closed surfaces whose faces look outward. Lengths are in the units of the arguments."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.surfaces import Surface, box_mapped, face_normals, signed_volume

TEXTURE_SIZE = 0.35  # units that a texture covers where a builder is told nothing else


def loft(rings: Float64[np.ndarray, "s n 3"], texture_size: float = TEXTURE_SIZE) -> Surface:
    """A skin over closed rings of n points each, with a fan over the first and over the last ring.

    Vertex i * n + j is point j of ring i; the last two vertices are the centres of the fans.
    """
    stations, count, _ = rings.shape
    vertices = np.concatenate([rings.reshape(-1, 3), rings[:1].mean(axis=1), rings[-1:].mean(axis=1)])
    here = np.arange(count)
    there = (here + 1) % count
    faces = []
    for first in range(0, (stations - 1) * count, count):
        second = first + count
        faces.append(np.stack([first + here, first + there, second + there], axis=1))
        faces.append(np.stack([first + here, second + there, second + here], axis=1))
    last = (stations - 1) * count
    faces.append(np.stack([there, here, np.full(count, stations * count)], axis=1))
    faces.append(np.stack([last + here, last + there, np.full(count, stations * count + 1)], axis=1))
    return _outward(vertices, np.concatenate(faces), texture_size)


def tube(
    path: Float64[np.ndarray, "p 3"],
    radius: float | Sequence[float] | Float64[np.ndarray, " p"],
    sides: int = 10,
    flatten: float = 1.0,
    texture_size: float = TEXTURE_SIZE,
) -> Surface:
    """A tube along a path, round or, with four sides, a bar; `flatten` scales it across the path's own plane.

    The section's frame is carried along the path without twist. It starts upright, or facing +Z on a vertical path.
    """
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    up = np.array([0.0, 1.0, 0.0]) if abs(along[0, 1]) < 0.9 else np.array([0.0, 0.0, 1.0])
    angle = 2.0 * np.pi * np.arange(sides) / sides
    scale = 1.0
    if sides == 4:
        angle, scale = angle + np.pi / 4.0, np.sqrt(2.0)
    rings = []
    for point, tangent, size in zip(path, along, np.broadcast_to(radius, len(path)), strict=True):
        up = up - tangent * (up @ tangent)
        up /= np.linalg.norm(up)
        side = np.cross(tangent, up)
        rings.append(point + scale * size * (np.outer(np.cos(angle), up) + flatten * np.outer(np.sin(angle), side)))
    return loft(np.stack(rings), texture_size)


def leg(
    foot: Float64[np.ndarray, " 3"],
    top: Float64[np.ndarray, " 3"],
    foot_radius: float,
    top_radius: float,
    sides: int = 8,
) -> Surface:
    """A tapered leg between two level sections, so that a slanting leg still stands flat on its foot."""
    angle = 2.0 * np.pi * np.arange(sides) / sides + (np.pi / 4.0 if sides == 4 else 0.0)
    ring = np.stack([np.cos(angle), np.zeros(sides), np.sin(angle)], axis=1)
    return loft(np.stack([foot + foot_radius * ring, top + top_radius * ring]))


def revolved(profile: Sequence[tuple[float, float]], axis: str, sides: int = 20) -> Surface:
    """A profile of (position, radius > 0) turned about the axis "x", "y" or "z"; it may run back into itself."""
    angle = 2.0 * np.pi * np.arange(sides) / sides
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    rings = np.zeros((len(profile), sides, 3))
    for ring, (position, radius) in zip(rings, profile, strict=True):
        ring[:, "xyz".index(axis)] = position
        ring[:, first] = radius * np.cos(angle)
        ring[:, second] = radius * np.sin(angle)
    return loft(rings)


def slab(
    outline: Float64[np.ndarray, "n 2"], height: float, bevel: float, dome: float, texture_size: float = TEXTURE_SIZE
) -> Surface:
    """A cushion or a board: the convex outline (x, z) raised from y = 0 to `height`.

    `bevel` rounds the edges, in units; `dome` lifts the middle of the top above `height`.
    """
    reach = np.abs(outline).max()
    inner, most = 1.0 - bevel / reach, 1.0 - 0.3 * bevel / reach
    levels = (
        (inner, 0.0),
        (most, 0.3 * bevel),
        (1.0, bevel),
        (1.0, height - bevel),
        (most, height - 0.3 * bevel),
        (inner, height),
        (0.55 * inner, height + 0.75 * dome),
        (0.15 * inner, height + dome),
    )
    rings = [
        np.stack([scale * outline[:, 0], np.full(len(outline), y), scale * outline[:, 1]], axis=1)
        for scale, y in levels
    ]
    return loft(np.stack(rings), texture_size)


def superellipse(width: float, depth: float, power: float, count: int) -> Float64[np.ndarray, "n 2"]:
    """An outline (x, z) about the origin: power 2 is an ellipse, larger powers near a rectangle."""
    angle = 2.0 * np.pi * (np.arange(count) + 0.5) / count
    cosine, sine = np.cos(angle), np.sin(angle)
    radius = (np.abs(cosine) ** power + np.abs(sine) ** power) ** (-1.0 / power)
    return np.stack([0.5 * width * radius * cosine, 0.5 * depth * radius * sine], axis=1)


def panel(
    middle: Float64[np.ndarray, "r c 3"],
    thickness: float | Float64[np.ndarray, "r c"],
    texture_size: float = TEXTURE_SIZE,
) -> Surface:
    """A bent sheet around a grid of points, `thickness` measured across it (a number, or one at each point)."""
    down = np.gradient(middle, axis=0)
    across = np.gradient(middle, axis=1)
    normal = np.cross(down, across)
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    half = 0.5 * normal * np.broadcast_to(np.asarray(thickness)[..., None], (*middle.shape[:2], 1))
    rows, columns = middle.shape[:2]
    vertices = np.concatenate([(middle + half).reshape(-1, 3), (middle - half).reshape(-1, 3)])
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1].ravel(), index[:-1, 1:].ravel(), index[1:, 1:].ravel(), index[1:, :-1].ravel()
    front = np.concatenate([np.stack([a, d, c], axis=1), np.stack([a, c, b], axis=1)])
    rim = np.concatenate([index[0, :-1], index[:-1, -1], index[-1, :0:-1], index[:0:-1, 0]])
    after, back = np.roll(rim, -1), rows * columns
    edge = np.concatenate(
        [np.stack([rim, after, after + back], axis=1), np.stack([rim, after + back, rim + back], axis=1)]
    )
    return _outward(vertices, np.concatenate([front, front[:, ::-1] + back, edge]), texture_size)


def aerofoil(
    leading: Float64[np.ndarray, " 3"],
    chord: Float64[np.ndarray, " 3"],
    up: Float64[np.ndarray, " 3"],
    thickness: float,
    steps: int = 7,
) -> Float64[np.ndarray, "n 3"]:
    """A section of a wing: from the leading edge along `chord`, `thickness` times its length thick along the unit `up`.

    2 * steps points; point 0 is the leading edge, point `steps` the trailing edge. Thickness follows the four-digit
    NACA section; the underside is flatter.
    """
    x = 0.5 * (1.0 - np.cos(np.pi * np.arange(steps + 1) / steps))
    half = 5.0 * thickness * (0.2969 * np.sqrt(x) - 0.126 * x - 0.3516 * x**2 + 0.2843 * x**3 - 0.1015 * x**4)
    position = np.concatenate([x, x[steps - 1 : 0 : -1]])
    offset = np.concatenate([[0.0], half[1:steps], [0.0], -0.6 * half[steps - 1 : 0 : -1]])
    section: Float64[np.ndarray, "n 3"] = (
        leading + np.outer(position, chord) + np.linalg.norm(chord) * np.outer(offset, up)
    )
    return section


def rounded(corners: Float64[np.ndarray, "p 3"], radius: float, steps: int = 5) -> Float64[np.ndarray, "q 3"]:
    """A path through `corners` whose inner corners are rounded off over `radius` to either side."""
    points = [corners[0]]
    for before, corner, after in zip(corners[:-2], corners[1:-1], corners[2:], strict=True):
        start = corner + radius * (before - corner) / np.linalg.norm(before - corner)
        end = corner + radius * (after - corner) / np.linalg.norm(after - corner)
        share = np.linspace(0.0, 1.0, steps)[:, None]
        points.extend((1 - share) ** 2 * start + 2 * share * (1 - share) * corner + share**2 * end)
    points.append(corners[-1])
    return np.stack(points)


def mapped(surface: Surface, uv: Float64[np.ndarray, "v 2"]) -> Surface:
    """The surface with texture coordinates given at its vertices."""
    return Surface(surface.vertices, surface.faces, uv[surface.faces])


def _outward(vertices: Float64[np.ndarray, "v 3"], faces: np.ndarray, texture_size: float) -> Surface:
    """A closed surface, turned outward, without faces of no area (where a section comes to a point)."""
    faces = faces.astype(np.int32)
    area = np.linalg.norm(face_normals(vertices, faces), axis=1)
    faces = faces[area > 1e-12]
    if signed_volume(vertices, faces) < 0:
        faces = faces[:, ::-1].copy()
    return Surface(vertices, faces, box_mapped(vertices, faces, texture_size))

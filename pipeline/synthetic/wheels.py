"""Wheels about the x axis, their outer side towards +X: tyres, rims, spokes and covers as closed surfaces."""

from collections.abc import Sequence

import numpy as np

from pipeline.synthetic.primitives import TEXTURE_SIZE, revolved, tube
from pipeline.synthetic.surfaces import Surface, box_mapped, joined, signed_volume

SIDES = 24
SQUARE = ((-0.9, 0.0), (-1.0, 0.65), (-0.7, 1.0), (0.7, 1.0), (1.0, 0.65), (0.9, 0.0))
ROUND = ((-0.6, 0.0), (-1.0, 0.45), (-0.72, 0.86), (0.0, 1.0), (0.72, 0.86), (1.0, 0.45), (0.6, 0.0))


def ring(profile: Sequence[tuple[float, float]], sides: int = SIDES) -> Surface:
    """A closed profile of (x, radius > 0) turned about the x axis, with a hole in the middle."""
    angle = 2.0 * np.pi * np.arange(sides) / sides
    points = np.asarray(profile, np.float64)
    count = len(points)
    vertices = np.stack(
        [
            np.broadcast_to(points[:, 0], (sides, count)),
            np.outer(np.cos(angle), points[:, 1]),
            np.outer(np.sin(angle), points[:, 1]),
        ],
        axis=2,
    ).reshape(-1, 3)
    index = np.arange(sides * count).reshape(sides, count)
    a, b = index, np.roll(index, -1, axis=1)
    c, d = np.roll(b, -1, axis=0), np.roll(a, -1, axis=0)
    quads = np.stack([a, b, c, d], axis=2).reshape(-1, 4)
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
    if signed_volume(vertices, faces) < 0:
        faces = faces[:, ::-1].copy()
    return Surface(vertices, faces, box_mapped(vertices, faces, TEXTURE_SIZE))


def tyre(
    radius: float, width: float, rim: float, section: Sequence[tuple[float, float]] = SQUARE, sides: int = SIDES
) -> Surface:
    """A tyre on a rim of radius `rim`. `section`: x in half-widths, height in units of the wall's height."""
    return ring([(0.5 * width * x, rim + height * (radius - rim)) for x, height in section], sides)


def rim_ring(rim: float, width: float, depth: float, sides: int = SIDES, outward: float = 0.6) -> Surface:
    """The ring that carries the tyre. It reaches `depth` towards the axle, at x = `outward` half-widths."""
    half, lip = 0.5 * width, 1.03 * rim
    return ring([(-half, lip), (half, lip), (outward * half, rim - depth)], sides)


def hub(radius: float, half_length: float, sides: int = 10) -> Surface:
    """A drum about the axle with bevelled ends."""
    profile = [(-1.0, 0.9), (0.8, 1.0), (1.0, 0.6)]
    return revolved([(x * half_length, r * radius) for x, r in profile], "x", sides)


def cover(radius: float, face: float, dish: float, sides: int = 20) -> Surface:
    """A pressed disc whose outer side is near x = `face`; `dish` is how far it is drawn in around the centre."""
    back = face - 1.6 * dish
    profile = [
        (back, 1.0),
        (face, 0.98),
        (face - dish, 0.74),
        (face - dish, 0.42),
        (face, 0.3),
    ]
    return revolved([(x, r * radius) for x, r in profile], "x", sides)


def cast_spokes(count: int, inner: float, outer: float, thickness: float, x: float, twist: float = 0.0) -> Surface:
    """Tapered bars from the hub to the rim, in the plane at `x`; `twist` leans them, in radians."""
    bars = []
    for number in range(count):
        angle = 2.0 * np.pi * number / count
        path = np.stack([_at(x, inner, angle), _at(x, outer, angle + twist)])
        bars.append(tube(path, [1.5 * thickness, thickness], sides=4))
    return joined(bars)


def wire_spokes(count: int, inner: float, outer: float, half_width: float, thickness: float) -> Surface:
    """Wires that leave both ends of the hub in turn, aslant, and meet the rim's middle."""
    wires = []
    for number in range(count):
        angle = 2.0 * np.pi * number / count
        lean = 0.5 if number % 4 < 2 else -0.5
        end = half_width if number % 2 else -half_width
        wires.append(tube(np.stack([_at(end, inner, angle + lean), _at(0.0, outer, angle)]), thickness, sides=3))
    return joined(wires)


def _at(x: float, radius: float, angle: float) -> np.ndarray:
    return np.array([x, radius * np.cos(angle), radius * np.sin(angle)])

"""Wheels about the x axis, their outer side towards +X: tyres, rims, spokes and covers."""

from collections.abc import Sequence

import numpy as np

from pipeline.synthetic.kernel.solids import revolved, tube
from pipeline.synthetic.kernel.surface import Surface, Vector, joined

SQUARE = ((-0.9, 0.0), (-1.0, 0.65), (-0.7, 1.0), (0.7, 1.0), (1.0, 0.65), (0.9, 0.0))
ROUND = ((-0.6, 0.0), (-1.0, 0.45), (-0.72, 0.86), (0.0, 1.0), (0.72, 0.86), (1.0, 0.45), (0.6, 0.0))


def tyre(radius: float, width: float, rim: float, section: Sequence[tuple[float, float]], sides: int) -> Surface:
    """A tyre on a rim of radius `rim`. `section`: x in half-widths, height in units of the wall's height."""
    return revolved([(0.5 * width * x, rim + height * (radius - rim)) for x, height in section], "x", sides, hole=True)


def rim_ring(rim: float, width: float, depth: float, sides: int, outward: float) -> Surface:
    """The ring that carries the tyre. It reaches `depth` towards the axle, at x = `outward` half-widths."""
    half, lip = 0.5 * width, 1.03 * rim
    return revolved([(-half, lip), (half, lip), (outward * half, rim - depth)], "x", sides, hole=True)


def hub(radius: float, half_length: float) -> Surface:
    """A drum about the axle with bevelled ends."""
    return revolved([(-1.0, 0.9), (0.8, 1.0), (1.0, 0.6)], "x", 10, half_length, radius)


def cast_spokes(count: int, inner: float, outer: float, thickness: float, x: float, twist: float) -> Surface:
    """Tapered bars from the hub to the rim, in the plane at `x`; `twist` leans them, in radians."""
    bar = tube([_at(x, inner, 0.0), _at(x, outer, twist)], [1.5 * thickness, thickness], sides=4)
    return joined([bar.turned("x", 2.0 * np.pi * number / count) for number in range(count)])


def wire_spokes(count: int, inner: float, outer: float, half_width: float, thickness: float) -> Surface:
    """Wires that leave both ends of the hub in turn, aslant, and meet the rim's middle."""
    wires = []
    for number in range(count):
        lean, end = (0.5 if number % 4 < 2 else -0.5), (half_width if number % 2 else -half_width)
        wire = tube([_at(end, inner, lean), _at(0.0, outer, 0.0)], thickness, sides=3)
        wires.append(wire.turned("x", 2.0 * np.pi * number / count))
    return joined(wires)


def _at(x: float, radius: float, angle: float) -> Vector:
    return np.array([x, radius * np.cos(angle), radius * np.sin(angle)])

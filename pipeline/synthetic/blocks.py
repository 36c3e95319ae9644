"""Rounded blocks and hulls: lamps, plates, cushions, boxes, tanks."""

from collections.abc import Sequence

import numpy as np
from scipy.interpolate import PchipInterpolator

from pipeline.synthetic.primitives import TEXTURE_SIZE, loft, superellipse
from pipeline.synthetic.surfaces import Surface


def block(
    width: float,
    height: float,
    depth: float,
    power: float = 5.0,
    bevel: float = 0.15,
    sides: int = 12,
    texture_size: float = TEXTURE_SIZE,
) -> Surface:
    """A block about the origin, `depth` long in z; its section is a superellipse of `power` (2 is an ellipse).

    `bevel` rounds both ends, in shares of the smaller of width and height.
    """
    cut = bevel * min(width, height)
    rings = []
    for z, less in (
        (-0.5, cut),
        (-0.5 + 0.5 * cut / depth, 0.3 * cut),
        (0.5 - 0.5 * cut / depth, 0.3 * cut),
        (0.5, cut),
    ):
        outline = superellipse(width - 2.0 * less, height - 2.0 * less, power, sides)
        rings.append(np.column_stack([outline, np.full(sides, z * depth)]))
    return loft(np.stack(rings), texture_size)


def hull(
    stations: Sequence[tuple[float, float, float, float]],
    power: float = 2.6,
    count: int = 10,
    sides: int = 14,
    texture_size: float = TEXTURE_SIZE,
) -> Surface:
    """A body along z through stations of (z, height of the middle, half-width, half-height), smooth between them.

    `count` sections are drawn, closer together at both ends; each is a superellipse of `power`.
    """
    at, middle, half_width, half_height = np.array(stations, np.float64).T
    even = np.linspace(0.0, 1.0, count)
    z = at[0] + (at[-1] - at[0]) * (0.5 * even + 0.25 * (1.0 - np.cos(np.pi * even)))
    unit = superellipse(2.0, 2.0, power, sides)
    sizes = zip(
        z,
        PchipInterpolator(at, middle)(z),
        PchipInterpolator(at, half_width)(z),
        PchipInterpolator(at, half_height)(z),
        strict=True,
    )
    rings = [np.column_stack([x * unit[:, 0], y + h * unit[:, 1], np.full(sides, s)]) for s, y, x, h in sizes]
    return loft(np.stack(rings), texture_size)

"""Parts that kinds of tables share: the place of the top, boards, planks and legs."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import CORNERS, box, corners, leg, revolved, slab, superellipse
from pipeline.synthetic.kernel.surface import Surface

SURFACE, LEGS = "regular_table/tabletop/tabletop_surface", "regular_table/table_base/regular_leg_base"
GRAIN = 0.8  # metres that a texture covers on a large board


class Top(NamedTuple):
    """The top: half its width and depth, the heights of its upper side and its underside."""

    x: float
    z: float
    height: float
    under: float
    oval: float


def rounded_rectangle(width: float, depth: float, radius: float, steps: int = 7) -> Float64[np.ndarray, "n 2"]:
    """An outline about the origin whose corners are quarters of a circle."""
    angle = np.linspace(0.0, 0.5 * np.pi, steps) + 0.5 * np.pi * np.arange(4)[:, None]
    arc = radius * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    corner = np.array([0.5 * width - radius, 0.5 * depth - radius])
    return np.reshape(arc + corner * np.array([[[1, 1]], [[-1, 1]], [[-1, -1]], [[1, -1]]]), (-1, 2))


def board(table: Builder, top: Top, bevel: float = 0.25) -> Surface:
    """The top as one board, rectangular with round corners, or oval; `bevel` is a share of the thickness."""
    thickness, corner = table["top"].thickness, table["top"].corner
    outline = rounded_rectangle(2.0 * top.x, 2.0 * top.z, corner)
    if top.oval:
        outline = superellipse(2.0 * top.x, 2.0 * top.z, 2.0, 48)
    return slab(outline, thickness, bevel * thickness, 0.0, GRAIN).moved((0.0, top.under, 0.0))


def planks(start: float, end: float, count: int, gap: float) -> Iterator[tuple[int, float, float]]:
    """The number, the start and the end of planks side by side."""
    step = (end - start + gap) / count
    for number in range(count):
        yield number, start + number * step, start + (number + 1) * step - gap


def boards_around(
    x: float, z: float, half: float, low: float, high: float, bevel: float = 0.003
) -> Iterator[tuple[str, Surface]]:
    """Four boards on edge around a rectangle of -x..x and -z..z, `half` thick to either side of its lines."""
    for name, side in (("left", -x), ("right", x)):
        yield name, box((side - half, low, -z - half), (side + half, high, z + half), bevel)
    for name, side in (("front", -z), ("rear", z)):
        yield name, box((half - x, low, side - half), (x - half, high, side + half), bevel)


def add_legs(table: Builder, x: float, z: float, height: float, path: str = LEGS, part: str = "base") -> None:
    """Add legs at the four corners, their tops at +-`x`, +-`z`, with keypoints 9-12."""
    style, radius, reach = table["legs"].style, table["legs"].radius, table["legs"].reach
    turned = revolved(table["legs"].turned, "y", 18, height, radius)
    lower, sides = radius if style == "tube" else 0.7 * radius, {"square": 4, "tube": 14}.get(style, 20)
    feet = corners(x + reach, 0.0, z + reach)
    for name, foot, end in zip(CORNERS, feet, corners(x, height, z), strict=True):
        surface = turned.moved(foot) if style == "turned" else leg(foot, end, lower, radius, sides)
        table.add(f"{name} leg", surface, "metal" if style == "tube" else "second", f"{path}/leg:{name}")
    table.keypoint(9, part, *feet)

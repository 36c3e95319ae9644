"""What all kinds of tables share: the place of the top, boards around it, legs, and the keypoints of top and feet."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import CORNERS, box, leg, revolved, slab, superellipse
from pipeline.synthetic.kernel.surface import Surface

SURFACE, FRAME = "regular_table/tabletop/tabletop_surface", "regular_table/tabletop/tabletop_frame"
LEGS = "regular_table/table_base/regular_leg_base"
GRAIN = 0.8  # metres that a texture covers on a large board
# Turned legs: (share of the height, share of the radius). The upper block of a slender one is left to others.
SLENDER = [
    (0.0, 0.55), (0.03, 0.62), (0.06, 0.9), (0.1, 0.9), (0.13, 0.55), (0.3, 0.72), (0.6, 1.0), (0.7, 0.8),
    (0.72, 0.62), (0.75, 0.62), (0.77, 0.98), (0.81, 0.98), (0.83, 0.75), (0.86, 0.75), (0.87, 1.05), (1.0, 1.05),
]  # fmt: skip
STOUT = [(0.0, 0.6), (0.08, 0.75), (0.2, 0.5), (0.5, 0.95), (0.62, 0.8), (0.66, 1.0), (1.0, 1.0)]


class Top(NamedTuple):
    """The top: half its width and depth, the heights of its upper side and its underside."""

    x: float
    z: float
    height: float
    under: float
    oval: float


def top_of(table: Builder) -> Top:
    """The top of a table."""
    top, half = table["top"], 0.5 * table["top"].width
    return Top(half, half * top.aspect, top.height, top.height - top.thickness, top.oval)


def rounded_rectangle(width: float, depth: float, radius: float, steps: int = 7) -> Float64[np.ndarray, "n 2"]:
    """An outline about the origin whose corners are quarters of a circle."""
    angle = np.linspace(0.0, 0.5 * np.pi, steps) + 0.5 * np.pi * np.arange(4)[:, None]
    arc = radius * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    corner = np.array([0.5 * width - radius, 0.5 * depth - radius])
    return np.reshape(arc + corner * np.array([[[1, 1]], [[-1, 1]], [[-1, -1]], [[1, -1]]]), (-1, 2))


def board(table: Builder, bevel: float = 0.25) -> Surface:
    """The top as one board, rectangular with round corners, or oval; `bevel` is a share of the thickness."""
    top, thickness, corner = top_of(table), table["top"].thickness, table["top"].corner
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


def top_keypoints(table: Builder, top: Top, part: str, middle: bool = True) -> None:
    """Corners 0-3, middles of the edges 4-7 and the middle 8 of the top's upper side."""
    inset = np.sqrt(0.5) if top.oval else 1.0
    corners = [(inset * across, inset * along) for _, across, along in CORNERS]
    places = [*corners, (-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0), *([(0.0, 0.0)] if middle else [])]
    for number, (across, along) in enumerate(places):
        table.keypoint(number, part, (across * top.x, top.height, along * top.z))


def foot_keypoints(table: Builder, x: float, z: float, part: str) -> None:
    """Feet 9-12: front left, front right, rear left, rear right."""
    for number, (_, across, along) in enumerate(CORNERS):
        table.keypoint(9 + number, part, (across * x, 0.0, along * z))


def add_legs(table: Builder, x: float, z: float, height: float, path: str = LEGS, part: str = "base") -> None:
    """Legs at the four corners, with their keypoints; `x`, `z` of their tops."""
    style, radius, reach = table["legs"].word("style"), table["legs"].radius, table["legs"].reach
    turned = revolved(STOUT if table.kind == "pool" else SLENDER, "y", 18, height, radius)
    lower = radius if style == "tube" else 0.7 * radius
    for name, across, along in CORNERS:
        foot = (across * (x + reach), 0.0, along * (z + reach))
        sides = {"square": 4, "tube": 14}.get(style, 20)
        surface = leg(foot, (across * x, height, along * z), lower, radius, sides)
        material = "metal" if style == "tube" else "second"
        table.add(f"{name} leg", turned.moved(foot) if style == "turned" else surface, material, f"{path}/leg:{name}")
    foot_keypoints(table, x + reach, z + reach, part)

"""Boards, boxes, bars and legs of made-up tables. Lengths in metres."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.primitives import revolved, slab, superellipse, tube
from pipeline.synthetic.surfaces import Surface, moved

GRAIN = 0.8  # metres that a texture covers on a large board
LEFT_RIGHT = (("left", -1.0), ("right", 1.0))
CORNERS = (("front left", -1.0, -1.0), ("front right", 1.0, -1.0), ("rear left", -1.0, 1.0), ("rear right", 1.0, 1.0))


def rounded_rectangle(width: float, depth: float, radius: float, steps: int = 7) -> Float64[np.ndarray, "n 2"]:
    """An outline (x, z) about the origin whose corners are quarters of a circle."""
    angle = np.linspace(0.0, 0.5 * np.pi, steps)
    arc = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    corner = np.array([0.5 * width - radius, 0.5 * depth - radius])
    quarters = []
    for number, (right, rear) in enumerate(((1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0))):
        points = (corner + arc) * np.array([right, rear])
        quarters.append(points if number % 2 == 0 else points[::-1])
    return np.concatenate(quarters)


def round_outline(width: float, depth: float) -> Float64[np.ndarray, "n 2"]:
    """A circle or an ellipse (x, z) about the origin, of 48 points."""
    return superellipse(width, depth, 2.0, 48)


def board(outline: Float64[np.ndarray, "n 2"], top: float, thickness: float, bevel: float = 0.25) -> Surface:
    """A board whose upper side lies at `top`; `bevel` is a share of the thickness."""
    surface = slab(outline, thickness, bevel * thickness, 0.0, GRAIN)
    return moved(surface, (0.0, top - thickness, 0.0))


def box(low: Sequence[float], high: Sequence[float], bevel: float = 0.003) -> Surface:
    """A box between two corners, its upright edges sharp."""
    first, last = np.asarray(low, np.float64), np.asarray(high, np.float64)
    size, middle = last - first, 0.5 * (first + last)
    half = 0.5 * size[[0, 2]]
    outline = half * np.array([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])
    return moved(
        slab(outline, float(size[1]), bevel, 0.0, GRAIN), (float(middle[0]), float(first[1]), float(middle[2]))
    )


def bar(start: Sequence[float], end: Sequence[float], radius: float, sides: int = 4, flatten: float = 1.0) -> Surface:
    """A straight bar; with four sides it is square."""
    return tube(np.array([start, end], np.float64), radius, sides, flatten, GRAIN)


def turned_leg(foot: Float64[np.ndarray, " 3"], height: float, radius: float) -> Surface:
    """A leg from the lathe: a square block at its upper end is left to others, beads and a taper stand below."""
    profile = [
        (0.0, 0.55), (0.03, 0.62), (0.06, 0.9), (0.1, 0.9), (0.13, 0.55), (0.3, 0.72), (0.6, 1.0), (0.7, 0.8),
        (0.72, 0.62), (0.75, 0.62), (0.77, 0.98), (0.81, 0.98), (0.83, 0.75), (0.86, 0.75), (0.87, 1.05), (1.0, 1.05),
    ]  # fmt: skip
    return moved(revolved([(share * height, size * radius) for share, size in profile], "y", 18), foot)

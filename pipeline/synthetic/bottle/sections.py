"""The wall of a made-up bottle as stacked sections, and wrappers and labels on it. Lengths in metres."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.primitives import loft, mapped, panel, superellipse
from pipeline.synthetic.surfaces import Surface

SIDES = 40


@dataclass(frozen=True)
class Section:
    """A level section at height `y`: a superellipse about (`x`, 0), `width` along x and `depth` along z.

    `flutes` is how deep upright grooves are, as a share of the size.
    """

    y: float
    width: float
    depth: float
    power: float = 2.0
    x: float = 0.0
    flutes: float = 0.0


def round_section(y: float, radius: float, flutes: float = 0.0) -> Section:
    """A circle about the axis."""
    return Section(y, 2.0 * radius, 2.0 * radius, flutes=flutes)


def blend(low: Section, high: Section, steps: int, sweep: float = 1.0) -> list[Section]:
    """Sections from `low` to `high`, both among them, in the shape of an S.

    It stays longer near `low` the larger `sweep` is: above 1 shoulders are high, below 1 they slope.
    """
    share = np.linspace(0.0, 1.0, steps + 1)
    turn = 0.5 - 0.5 * np.cos(np.pi * share**sweep)
    return [_mixed(low, high, low.y + (high.y - low.y) * float(s), float(t)) for s, t in zip(share, turn, strict=True)]


def foot(section: Section, bevel: float) -> list[Section]:
    """The rounded lower edge of a body whose wall begins with `section`: three sections from y = 0 up to it."""
    scaled = ((0.0, 1.0 - 2.0 * bevel / section.width), (0.3 * bevel, 1.0 - 0.6 * bevel / section.width), (bevel, 1.0))
    return [replace(section, y=y, width=k * section.width, depth=k * section.depth) for y, k in scaled]


def at(sections: Sequence[Section], y: float) -> Section:
    """The section of a wall at height y, between those that it is given by."""
    above = next((number for number, section in enumerate(sections) if section.y >= y), len(sections) - 1)
    low, high = sections[max(above - 1, 0)], sections[above]
    if high.y == low.y:
        return replace(high, y=y)
    return _mixed(low, high, y, min((y - low.y) / (high.y - low.y), 1.0))


def skin(sections: Sequence[Section], height: float, sides: int = SIDES) -> Surface:
    """The closed surface over the sections. Its texture runs once around, and once up to `height`."""
    return around(loft(np.stack([_ring(section, sides) for section in sections])), 0.0, height)


def sleeve(sections: Sequence[Section], low: float, high: float, proud: float) -> Surface:
    """A wrapper around the wall between two heights, `proud` outside it; its texture runs once around and once up."""
    levels = [low, *(section.y for section in sections if low < section.y < high), high]
    wall = [at(sections, y) for y in levels]
    grown = [replace(s, width=s.width + 2.0 * proud, depth=s.depth + 2.0 * proud) for s in wall]
    return around(loft(np.stack([_ring(section, SIDES) for section in grown])), low, high)


def sticker(sections: Sequence[Section], low: float, high: float, half_angle: float, rear: bool = False) -> Surface:
    """A label on the front or the rear of the wall, `half_angle` radians to either side; its texture fills it."""
    angle = np.linspace(-half_angle, half_angle, 17) + (np.pi if rear else 0.0)
    rows = np.linspace(high, low, 6)
    grid = np.stack([_at_angles(at(sections, float(y)), angle) for y in rows])
    u, v = np.meshgrid(np.linspace(0.0, 1.0, 17), np.linspace(1.0, 0.0, 6))
    return mapped(panel(grid, 0.001), np.tile(np.stack([u.ravel(), v.ravel()], axis=1), (2, 1)))


def side(section: Section, x: float, z: float) -> Float64[np.ndarray, " 3"]:
    """The point of a section's wall on the side (x, z), each -1, 0 or 1."""
    return np.array([section.x + 0.5 * x * section.width, section.y, 0.5 * z * section.depth])


def around(surface: Surface, low: float, high: float) -> Surface:
    """The surface with a texture once around the y axis, u = 0.5 at the front, and once from `low` to `high`."""
    corners = surface.vertices[surface.faces]
    turn = 0.5 + np.arctan2(-corners[..., 0], -corners[..., 2]) / (2.0 * np.pi)
    turn = np.where(turn < turn.max(axis=1, keepdims=True) - 0.5, turn + 1.0, turn)  # faces across the seam
    return Surface(surface.vertices, surface.faces, np.stack([turn, (corners[..., 1] - low) / (high - low)], axis=2))


def _mixed(low: Section, high: Section, y: float, share: float) -> Section:
    pairs = ((low.width, high.width), (low.depth, high.depth), (low.power, high.power), (low.x, high.x))
    width, depth, power, x = (a + (b - a) * share for a, b in pairs)
    return Section(y, width, depth, power, x, low.flutes + (high.flutes - low.flutes) * share)


def _ring(section: Section, sides: int) -> Float64[np.ndarray, "n 3"]:
    outline = superellipse(section.width, section.depth, section.power, sides)
    groove = 1.0 - section.flutes * (np.arange(sides) % 2)
    x, z = (outline * groove[:, None]).T
    return np.stack([section.x + x, np.full(sides, section.y), z], axis=1)


def _at_angles(section: Section, angle: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, "n 3"]:
    """Points just outside the wall; angle 0 is the front, and angles grow to the right of one who looks at it."""
    across, along = -np.sin(angle), -np.cos(angle)
    size = (np.abs(across) ** section.power + np.abs(along) ** section.power) ** (-1.0 / section.power)
    x, z = 0.5 * (section.width + 0.0014) * size * across, 0.5 * (section.depth + 0.0014) * size * along
    return np.stack([section.x + x, np.full(len(angle), section.y), z], axis=1)

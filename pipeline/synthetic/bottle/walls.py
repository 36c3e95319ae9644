"""The wall of a made-up bottle as stacked level sections, and wrappers and labels on it. Lengths in metres."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.kernel.solids import loft, panel, points, superellipse
from pipeline.synthetic.kernel.surface import Surface
from pipeline.synthetic.kernel.table import Group

Sections = Float64[np.ndarray, "_ 6"]
"""Sections from the floor up: y, width along x, depth along z, power of the superellipse, x of its middle, flutes (how
deep upright grooves are, as a share of the size)."""
SIDES = 40


@dataclass(frozen=True)
class Walls:
    """Body and neck. The body's last section is the neck's first; `shoulder` is the height where the wall turns in.

    `mouth` is the height of the neck's upper end, `radius` the neck's there.
    """

    body: Sections
    neck: Sections
    shoulder: float
    mouth: float
    radius: float


def walls_of(wall: Group) -> Walls:
    """The walls that a table describes."""
    (body, sweeps), (neck, _) = _given(wall, wall.body), _given(wall, wall.neck)
    parts = [body[:1]]
    if wall.foot:  # a rounded lower edge, and straight up to the first section
        foot, bevel = np.repeat(body[:1], 3, axis=0), wall.foot
        foot[:, 0] = 0.0, 0.3 * bevel, bevel
        foot[:, 1:3] *= 1.0 - np.array([[2.0], [0.6], [0.0]]) * bevel / foot[:, 1:2]
        parts = [foot, body[:1]]
    for low, high, sweep in zip(body[:-1], body[1:], sweeps[1:], strict=True):
        share = np.linspace(0.0, 1.0, 9 if sweep else 2)[1:, None]
        turn = 0.5 - 0.5 * np.cos(np.pi * share**sweep) if sweep else share  # in the shape of an S
        between = low + (high - low) * turn
        between[:, :1] = low[0] + (high[0] - low[0]) * share
        parts.append(between)
    widest = np.flatnonzero(body[:, 1] >= body[:, 1].max())[-1]
    mouth, width = neck[-1, :2].tolist()
    return Walls(np.concatenate(parts), np.concatenate([body[-1:], neck]), float(body[widest, 0]), mouth, 0.5 * width)


def _given(wall: Group, rows: Float64[np.ndarray, "n c"]) -> tuple[Sections, Float64[np.ndarray, " n"]]:
    """The sections of a list of the table, and the sweeps of the ways up to them."""
    rows = np.pad(rows, ((0, 0), (0, 6 - rows.shape[1])))
    y, width, sweep, roundness, x, flutes = rows.T
    depth = width * (wall.aspect + (1.0 - wall.aspect) * roundness)
    power = wall.power + (2.0 - wall.power) * roundness
    size = wall.width
    return np.stack([wall.height * y, size * width, size * depth, power, size * x, flutes], axis=1), sweep


def at(sections: Sections, y: float) -> Float64[np.ndarray, " 6"]:
    """The section of a wall at height y, between those that it is given by."""
    return np.array([y, *(np.interp(y, sections[:, 0], column) for column in sections.T[1:])])


def sides(sections: Sections, y: float) -> Float64[np.ndarray, "4 3"]:
    """The points of a wall at height y on its left, its right, its front and its rear."""
    _, width, depth, _, middle, _ = at(sections, y)
    return points(
        middle + 0.5 * width * np.array([-1.0, 1.0, 0.0, 0.0]), y, 0.5 * depth * np.array([0.0, 0.0, -1.0, 1.0])
    )


def skin(sections: Sections, low: float, high: float) -> Surface:
    """The closed surface over the sections, its texture once around and once from `low` to `high`."""
    y, width, depth, power, x, flutes = sections.T
    outline = superellipse(width, depth, power, SIDES) * (1.0 - flutes[:, None] * (np.arange(SIDES) % 2))[..., None]
    return around(loft(points(x[:, None] + outline[..., 0], y[:, None], outline[..., 1])), low, high)


def sleeve(sections: Sections, low: float, high: float, proud: float) -> Surface:
    """A wrapper around the wall between two heights, `proud` outside it; its texture runs once around and once up."""
    inner = sections[(sections[:, 0] > low) & (sections[:, 0] < high)]
    return skin(grown(np.concatenate([[at(sections, low)], inner, [at(sections, high)]]), proud), low, high)


def grown(sections: Sections, proud: float) -> Sections:
    """The wall `proud` outside."""
    return np.asarray(sections + np.array([0.0, 2.0 * proud, 2.0 * proud, 0.0, 0.0, 0.0]))


def sticker(sections: Sections, low: float, high: float, half_angle: float, rear: bool = False) -> Surface:
    """A label on the front or the rear of the wall, `half_angle` radians to either side; its texture fills it."""
    angle = np.linspace(-half_angle, half_angle, 17) + (np.pi if rear else 0.0)  # 0 is the front
    rows = np.linspace(high, low, 6)
    _, width, depth, power, x, _ = np.stack([at(grown(sections, 0.0007), float(y)) for y in rows]).T[:, :, None]
    across, along = -np.sin(angle), -np.cos(angle)  # angles grow to the right of one who looks at it
    size = 0.5 * (np.abs(across) ** power + np.abs(along) ** power) ** (-1.0 / power)
    return panel(points(x + width * size * across, rows[:, None], depth * size * along), 0.001, fitted=True)


def around(surface: Surface, low: float, high: float) -> Surface:
    """The surface with a texture once around the y axis, u = 0.5 at the front, and once from `low` to `high`."""
    corners = surface.vertices[surface.faces]
    turn = 0.5 + np.arctan2(-corners[..., 0], -corners[..., 2]) / (2.0 * np.pi)
    turn = np.where(turn < turn.max(axis=1, keepdims=True) - 0.5, turn + 1.0, turn)  # faces across the seam
    return Surface(surface.vertices, surface.faces, np.stack([turn, (corners[..., 1] - low) / (high - low)], axis=2))

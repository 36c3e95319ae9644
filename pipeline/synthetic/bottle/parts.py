"""The parts that all kinds of bottles share: walls, labels of paper, and the aims of their keypoints."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.synthetic.bottle.sections import Section, at, side, skin, sticker
from pipeline.synthetic.pieces import Aim, Piece

NO_PART, BODY, LID, HANDLE, JUG_BODY, JUG_HANDLE = range(6)  # the parts' labels; neck, mouth and closure have none
DIRECTIONS = ((-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0))  # left, right, front, rear
LONG_NECK = 0.012  # from here on a neck's two ends are told apart
GLASS = ("normal_bottle",)
LABEL = (*GLASS, "body")  # a label of paper belongs to the body


@dataclass(frozen=True)
class Walls:
    """Body and neck. The body's last section is the neck's first; `shoulder` is the height where the wall turns in.

    `closed` is the height from which a lid, a cork or a rim covers the neck.
    """

    body: tuple[Section, ...]
    neck: tuple[Section, ...]
    shoulder: float
    closed: float

    @property
    def mouth(self) -> float:
        """The height of the neck's upper end."""
        return self.neck[-1].y


def wall_pieces(walls: Walls, material: str = "glass") -> list[Piece]:
    """The body and the neck, under one texture."""
    return [
        Piece("body", skin(walls.body, walls.mouth), material, BODY, (*GLASS, "body")),
        Piece("neck", skin(walls.neck, walls.mouth), material, NO_PART, (*GLASS, "neck")),
    ]


def wall_aims(walls: Walls, body: int = BODY) -> list[Aim]:
    """The aims of the neck's end 1-2 and its start 3-4, the shoulder 5-8 and the lower rim 9-12."""
    aims, start = [], walls.body[-1].y
    if walls.closed - start > LONG_NECK:
        aims += _sides(1, NO_PART, at(walls.neck, walls.closed - 0.001))[:2]
    aims += _sides(3, body, walls.body[-1])[:2]
    return [*aims, *_sides(5, body, at(walls.body, walls.shoulder)), *_sides(9, body, walls.body[0])]


def top_aim(pieces: Sequence[Piece], name: str) -> Aim:
    """The middle of the upper side of a piece: keypoint 0."""
    piece = next(piece for piece in pieces if piece.name == name)
    low, high = piece.surface.vertices.min(axis=0), piece.surface.vertices.max(axis=0)
    return Aim(0, piece.label, np.array([0.5 * (low[0] + high[0]), high[1], 0.5 * (low[2] + high[2])]))


def label_pieces(walls: Walls, low: float, top: float, half_angle: float) -> list[Piece]:
    """A label on the front, `half_angle` radians to either side, and a smaller one on the rear."""
    small = low + 0.12 * (top - low), top - 0.22 * (top - low)
    front, rear = sticker(walls.body, low, top, half_angle), sticker(walls.body, *small, 0.72 * half_angle, rear=True)
    return [Piece("front label", front, "front", BODY, LABEL), Piece("rear label", rear, "rear", BODY, LABEL)]


def label_aim(walls: Walls, low: float, high: float, body: int = BODY) -> Aim:
    """The middle of the front between two heights, where a label is: keypoint 17."""
    return Aim(17, body, side(at(walls.body, 0.5 * (low + high)), 0.0, -1.0) + np.array([0.0, 0.0, -0.01]))


def bottle_aims(walls: Walls, pieces: Sequence[Piece], top: str, low: float, high: float) -> list[Aim]:
    """The aims of walls, the piece named `top`, and a label between two heights."""
    return [*wall_aims(walls), top_aim(pieces, top), label_aim(walls, low, high)]


def _sides(first: int, label: int, section: Section) -> list[Aim]:
    return [Aim(first + number, label, side(section, x, z)) for number, (x, z) in enumerate(DIRECTIONS)]

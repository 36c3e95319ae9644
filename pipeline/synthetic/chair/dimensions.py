"""The proportions of a made-up chair. Lengths in metres."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Seat:
    """The seat. `power` shapes its outline (2 round, large square); `cushion` is the padding's height, 0 for none."""

    width: float
    depth: float
    height: float  # of its top above the floor
    board: float  # thickness of what carries it
    cushion: float
    power: float
    material: str


@dataclass(frozen=True, kw_only=True)
class Back:
    """The back: `style` is slats, rails, board, pad, hoop or shell. `start` is where its surface begins, in heights."""

    style: str
    width: float
    height: float  # above the seat
    lean: float  # radians from upright
    curve: float  # how far the sides come forward
    start: float
    count: int = 0  # of slats or rails
    material: str


@dataclass(frozen=True)
class Arms:
    """The arms: `style` is none, posts, loop, tee or sofa; `height` is above the seat."""

    style: str
    height: float


@dataclass(frozen=True, kw_only=True)
class Base:
    """The base, which stands on the floor: `style` is legs, star, pedestal, sled or cantilever."""

    style: str
    radius: float  # of a leg or tube, at its top
    reach: float = 0.0  # how far a foot stands outside the top of its leg; the radius of a star or a pedestal
    square: bool = False
    stretchers: bool = False
    material: str


@dataclass(frozen=True, kw_only=True)
class Chair:
    """All dimensions of one chair."""

    kind: str
    seat: Seat
    back: Back
    arms: Arms
    base: Base
    head: float = 0.0  # height of a head rest, 0 for none

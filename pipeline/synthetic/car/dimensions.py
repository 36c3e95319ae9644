"""The proportions of a made-up car. It is 1 long, from z = -0.5 (front) to 0.5, and stands on y = 0."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Body:
    """The body below the windows. `deck` holds (z, height) of its upper edge from front to rear."""

    half_width: float
    sill: float  # height of its lower edge
    deck: tuple[tuple[float, float], ...]
    nose: float  # half-width at the very front, in half-widths
    tail: float  # and at the very rear


@dataclass(frozen=True, kw_only=True)
class Wheels:
    """Four wheels: z of the axles; `style` is cast or cover."""

    front: float
    rear: float
    radius: float
    width: float
    rim: float  # radius of the rim, in radii
    style: str
    spokes: int = 0


@dataclass(frozen=True)
class Cabin:
    """The glazed part. It starts at the deck (`base_*`, z) and ends below the roof (`top_*`, z).

    `pillars` are (start, end) along the side, 0 front to 1 rear, where it is closed: door posts, or a van's panels.
    """

    base_front: float
    base_rear: float
    top_front: float
    top_rear: float
    roof: float  # height of the roof's upper side
    lean: float  # half-width at the top, in half-widths at the bottom
    pillars: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Well:
    """An opening in the deck: a cockpit or a bed. z of its ends, height of its floor, thickness of its sides."""

    start: float
    end: float
    floor: float
    side: float


@dataclass(frozen=True, kw_only=True)
class Car:
    """All dimensions of one car."""

    kind: str
    body: Body
    wheels: Wheels
    cabin: Cabin | None = None
    well: Well | None = None
    hood: tuple[float, float] | None = None  # z of its front and rear edge
    boot: tuple[float, float] | None = None
    doors: tuple[float, ...]  # z of the gaps around doors
    lamps: str  # round, wide or upright
    lamp_height: float
    grille: float = 0.0  # width of the grille, in half-widths of the body; 0 for none
    spoiler: float = 0.0  # height of a spoiler on legs; 0 for none
    rails: bool = False  # on the roof

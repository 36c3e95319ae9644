"""The proportions of a made-up motorcycle. It is about 1 long, stands on y = 0, and looks towards -Z."""

from dataclasses import dataclass

import numpy as np

Stations = tuple[tuple[float, float, float, float], ...]  # of a hull: z, height of the middle, half-width, half-height
Spot = tuple[float, float, float]  # x, y, z


@dataclass(frozen=True)
class Wheel:
    """A wheel: z of its axle; `style` is wire, cast or disc."""

    z: float
    radius: float
    width: float
    rim: float  # radius of the rim, in radii
    style: str
    spokes: int


@dataclass(frozen=True)
class Fender:
    """A sheet over a wheel between two angles in degrees, 0 above the axle and positive to the rear."""

    start: float
    end: float
    gap: float  # between tyre and sheet
    half_width: float


@dataclass(frozen=True)
class Engine:
    """`style` is twin (a V of two cylinders), parallel (two abreast), single, or hidden. `y`, `z` of the crankshaft."""

    style: str
    y: float
    z: float
    size: float  # radius of the crankcase


@dataclass(frozen=True)
class Exhaust:
    """A pipe through `path` that ends in a muffler from its last point to `end`. Right side; `both` mirrors it."""

    path: tuple[Spot, ...]
    end: Spot
    radius: float  # of the muffler
    both: bool


@dataclass(frozen=True)
class Lamp:
    """The headlight: `style` is round or, in a fairing, pair or wide."""

    style: str
    y: float
    z: float
    radius: float


@dataclass(frozen=True, kw_only=True)
class Motorcycle:
    """All dimensions of one motorcycle. Empty stations: there is no such piece."""

    kind: str
    front: Wheel
    rear: Wheel
    head: tuple[float, float]  # y, z of the fork's upper end
    spread: float  # half the distance of the fork's legs
    pivot: tuple[float, float]  # y, z of the swing arm's front end
    tank: Stations = ()
    seat: Stations
    back: Stations = ()  # a second part of the seat: a pillion's, or a rest
    tail: Stations
    bar: tuple[Spot, ...]  # right half of the handle bar, from the middle; the last stretch is the grip
    engine: Engine
    exhaust: Exhaust
    front_fender: Fender | None = None
    rear_fender: Fender | None = None
    beak: bool = False  # a high fender below the lamp
    nose: Stations = ()
    belly: Stations = ()
    screen: tuple[float, float, float] = (0.0, 0.0, 0.0)  # height, half-width, lean to the rear; height 0 for none
    lamp: Lamp
    tail_lamp: tuple[float, float]  # y, z
    rests: tuple[float, float, float]  # y, z and half-width of the foot rests; half-width 0 for none
    shocks: bool = False  # a pair beside the rear wheel
    cases: bool = False
    mirrors: bool = False
    indicators: bool = False


def varied(rng: np.random.Generator, stations: Stations, share: float = 0.12) -> Stations:
    """A hull's stations with all its widths and all its heights drawn anew, up to `share` larger or smaller."""
    wide, high = rng.uniform(1.0 - share, 1.0 + share, 2)
    return tuple(
        (z, y, float(wide) * half_width, float(high) * half_height) for z, y, half_width, half_height in stations
    )

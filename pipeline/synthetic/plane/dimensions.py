"""The proportions of a made-up plane. The body is 1 long."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Body:
    """The body along z from -0.5 (nose) to 0.5. Half-heights and half-widths in units of its length."""

    half_height: float
    half_width: float
    nose: float  # length of the nose
    sharpness: float  # of the nose: 1 is an ellipse, larger is more pointed
    droop: float  # how far the nose's tip lies below the axis, in half-heights
    tail: float  # length of the tapering tail
    end: float  # size of the tail's end, in half-heights
    rise: float  # how far the tail's end lies above the axis, in half-heights


@dataclass(frozen=True)
class Wing:
    """A wing, or with other numbers a stabiliser: `z` of the leading edge at the middle, `height` in half-heights."""

    z: float
    height: float
    span: float  # from the middle to one tip
    root: float  # chord at the middle
    kink: float  # chord at 35 % of the span
    tip: float  # chord at the tip
    sweep: float  # how far the tip's leading edge lies behind the middle's
    dihedral: float  # how far the tip lies above the middle
    thickness: float  # of the section, in chords
    winglet: float = 0.0  # height of the upturned tip


@dataclass(frozen=True, kw_only=True)
class Fin:
    """The upright tail: one fin in the middle, or two."""

    twin: bool = False
    height: float
    root: float
    tip: float
    sweep: float


@dataclass(frozen=True, kw_only=True)
class Engines:
    """Engines: `place` is wing, pod, rear, nose or nozzle; `at` are their places along the span (wing and pod)."""

    place: str
    at: tuple[float, ...] = ()
    radius: float
    length: float
    blades: int = 0


@dataclass(frozen=True, kw_only=True)
class Plane:
    """All dimensions of one plane."""

    kind: str
    body: Body
    wing: Wing
    fin: Fin
    stabiliser: Wing | None
    high_tail: bool = False  # the stabilisers sit on top of the fin
    engines: Engines
    canopy: float = 0.0  # length of a glass canopy, 0 for none
    gear: bool = False  # fixed wheels
    struts: bool = False  # between the body and a high wing


def level_tail(rng: np.random.Generator, *, z: float, height: float, span: float, root: float, sweep: float) -> Wing:
    """The level tail; it sweeps back by `sweep` times its span."""
    root = root * rng.uniform(0.9, 1.1)
    return Wing(
        z=z,
        height=height,
        span=span,
        root=root,
        kink=0.85 * root,
        tip=0.55 * root,
        sweep=sweep * span,
        dihedral=rng.uniform(0.0, 0.06) * span,
        thickness=0.09,
    )

"""The body of a made-up plane: the tapered tube, and the canopy, wheels and intakes on it."""

import numpy as np

from pipeline.synthetic.pieces import Piece
from pipeline.synthetic.plane.dimensions import Body, Plane
from pipeline.synthetic.primitives import loft, mapped, revolved, tube
from pipeline.synthetic.surfaces import Surface, moved

BODY = 1  # the part's label
SIDES = 20


def section(body: Body, z: float) -> tuple[float, float, float]:
    """The body's section at `z`: height of its centre, half-width, half-height."""
    along = z + 0.5
    size, centre = 1.0, 0.0
    if along < body.nose:
        share = 1.0 - along / body.nose
        size = (1.0 - share**2) ** (0.5 * body.sharpness)
        centre = -body.droop * body.half_height * share**2
    elif along > 1.0 - body.tail:
        share = (along - 1.0 + body.tail) / body.tail
        size = 1.0 - (1.0 - body.end) * share**1.6
        centre = body.rise * body.half_height * share**1.6
    return centre, body.half_width * size, body.half_height * size


def half_width(body: Body, y: float, z: float) -> float:
    """The reach of the body to the side at height `y`; 0 above and below it."""
    centre, width, height = section(body, z)
    return float(width * np.sqrt(max(0.0, 1.0 - ((y - centre) / height) ** 2)))


def top(body: Body, z: float) -> float:
    """The height of the body's back at `z`."""
    centre, _, height = section(body, z)
    return centre + height


def body_pieces(plane: Plane) -> list[Piece]:
    """All pieces of part `body`."""
    pieces = [Piece("body", _tube(plane.body), "body", BODY)]
    if plane.canopy:
        pieces.append(_canopy(plane))
    if plane.gear:
        pieces += _gear(plane)
    if plane.struts:
        pieces += [_strut(plane, side) for side in (1.0, -1.0)]
    if plane.kind == "fighter":
        pieces += [_intake(plane, side) for side in (1.0, -1.0)]
    return pieces


def _tube(body: Body) -> Surface:
    """The body, uv: u from nose to tail, v from the keel to the back on both sides, so that it has no seam."""
    nose = body.nose * (1.0 - np.cos(0.5 * np.pi * np.linspace(0.06, 1.0, 9)))
    middle = np.linspace(body.nose, 1.0 - body.tail, 4)[1:]
    tail = np.linspace(1.0 - body.tail, 1.0, 8)[1:]
    stations = np.concatenate([nose, middle, tail])
    angle = 2.0 * np.pi * np.arange(SIDES) / SIDES
    rings, uv = [], []
    for along in stations:
        centre, width, height = section(body, float(along - 0.5))
        level = centre + height * np.sin(angle)
        rings.append(np.stack([width * np.cos(angle), level, np.full(SIDES, along - 0.5)], axis=1))
        uv.append(np.stack([np.full(SIDES, along), 0.5 + 0.49 * np.sin(angle)], axis=1))
    ends = np.array([[stations[0], 0.5], [stations[-1], 0.5]])
    return mapped(loft(np.stack(rings)), np.concatenate([*uv, ends]))


def _canopy(plane: Plane) -> Piece:
    """A glass bubble, its lower part sunk into the body."""
    body, length = plane.body, plane.canopy
    start = body.nose - 0.5 - (0.62 * length if plane.kind == "fighter" else 0.0)
    width, height = 0.62 * body.half_width, (0.6 if plane.gear else 0.52) * body.half_height
    angle = 2.0 * np.pi * np.arange(12) / 12
    rings = []
    for share in np.linspace(0.02, 0.98, 9):
        z = start + share * length
        size = (1.0 - abs(2.0 * share**0.8 - 1.0) ** 2.2) ** 0.6
        base = top(body, z) - 0.25 * body.half_height
        level = base + (height + 0.25 * body.half_height) * size * np.sin(angle)
        rings.append(np.stack([width * size * np.cos(angle), level, np.full(12, z)], axis=1))
    return Piece("canopy", loft(np.stack(rings)), "glass", BODY)


def _gear(plane: Plane) -> list[Piece]:
    """Three fixed wheels on struts: one under the nose, two under the wings."""
    body = plane.body
    ground = -2.0 * body.half_height
    radius = 0.3 * body.half_height
    front = plane.wing.z + 0.55 * plane.wing.root
    pieces = []
    for name, x, z in (("nose", 0.0, -0.4), ("right", 0.12, front), ("left", -0.12, front)):
        hip = np.array([0.35 * x, section(body, z)[0] - 0.7 * section(body, z)[2], z])
        axle = np.array([x, ground + radius, z])
        wheel = revolved(
            [
                (-0.35 * radius, 0.7 * radius),
                (-0.2 * radius, radius),
                (0.2 * radius, radius),
                (0.35 * radius, 0.7 * radius),
            ],
            "x",
            16,
        )
        pieces.append(Piece(f"{name} gear leg", tube(np.stack([hip, axle]), 0.008, 6), "metal", BODY))
        pieces.append(Piece(f"{name} wheel", moved(wheel, axle), "dark", BODY))
    return pieces


def _strut(plane: Plane, side: float) -> Piece:
    """A bar from the foot of the body to the underside of a high wing."""
    body, wing = plane.body, plane.wing
    z = wing.z + 0.35 * wing.root
    x = 0.48 * wing.span
    centre, width, height = section(body, z)
    low = np.array([side * 0.6 * width, centre - 0.7 * height, z])
    level = section(body, wing.z + 0.5 * wing.root)[0] + wing.height * body.half_height
    high = np.array([side * x, level + wing.dihedral * 0.48, z + 0.48 * wing.sweep])
    return Piece(f"{'right' if side > 0 else 'left'} strut", tube(np.stack([low, high]), 0.008, 6), "metal", BODY)


def _intake(plane: Plane, side: float) -> Piece:
    """An air intake along the body's flank, fading into it at the rear."""
    body = plane.body
    start = body.nose - 0.5 - 0.02
    angle = 2.0 * np.pi * np.arange(12) / 12
    power = np.abs(np.cos(angle)) ** 4 + np.abs(np.sin(angle)) ** 4
    rings = []
    for share, size in ((0.0, 0.86), (0.06, 0.95), (0.12, 1.0), (0.5, 0.9), (1.0, 0.3)):
        z = start + share * 0.42
        x = side * body.half_width * (0.92 - 0.25 * share)
        wide, high = 0.36 * body.half_width * size, 0.62 * body.half_height * size
        radius = power**-0.25
        rings.append(
            np.stack([x + wide * radius * np.cos(angle), high * radius * np.sin(angle), np.full(12, z)], axis=1)
        )
    return Piece(f"{'right' if side > 0 else 'left'} intake", loft(np.stack(rings)), "wing", BODY)

"""The body of a made-up car below its windows: one skin with wheel arches and an opening, and the panels on it."""

import numpy as np
from jaxtyping import Float64
from scipy.interpolate import PchipInterpolator

from pipeline.synthetic.car.dimensions import Body, Car
from pipeline.synthetic.pieces import Piece
from pipeline.synthetic.primitives import loft, mapped, panel
from pipeline.synthetic.surfaces import Surface, joined

HOOD, BODY = 2, 4  # the parts' labels
PICTURED = 0.34  # height that the paint's texture covers
STEP = 0.004  # between two stations at a step
ARCH = 1.14  # radius of a wheel arch, in radii of the wheel


def deck(body: Body, z: float) -> float:
    """The height of the body's upper edge at `z`."""
    along, level = zip(*body.deck, strict=True)
    return float(PchipInterpolator(along, level)(np.clip(z, along[0], along[-1])))


def half_width(body: Body, z: float) -> float:
    """The body's half-width at `z`."""
    lost = (1.0 - body.nose) * max(0.0, (-z - 0.3) / 0.2) ** 2.2 + (1.0 - body.tail) * max(
        0.0, (z - 0.32) / 0.18
    ) ** 2.2
    return float(body.half_width * (1.0 - lost))


def crown(body: Body, z: float, x: float) -> float:
    """The height by which the deck rises above its edge at distance `x` from the middle."""
    return 0.07 * half_width(body, z) * max(0.0, 1.0 - (x / half_width(body, z)) ** 2)


def body_pieces(car: Car) -> list[Piece]:
    """The skin, the floor of an opening, the hood and the boot's lid."""
    pieces = [Piece("body", _skin(car), "paint", BODY)]
    if car.well:
        pieces.append(Piece("lining", _lining(car), "interior", BODY))
    if car.hood:
        pieces.append(Piece("hood", _lid(car, *car.hood), "hood", HOOD))
    if car.boot:
        pieces.append(Piece("boot lid", _lid(car, *car.boot), "hood", BODY))
    return pieces


def _skin(car: Car) -> Surface:
    """uv: u from front to rear, v from the ground up, the same on both sides."""
    rings = np.stack([_section(car, z) for z in _stations(car)])
    surface = loft(rings)
    uv = np.stack([surface.vertices[:, 2] + 0.5, surface.vertices[:, 1] / PICTURED], axis=1)
    return mapped(surface, 0.01 + 0.98 * uv)


def _stations(car: Car) -> list[float]:
    """The places of sections along z: evenly, and closer at the ends, around the arches and at steps."""
    wheels, reach = car.wheels, ARCH * car.wheels.radius
    wanted = [-0.5, -0.494, -0.48, -0.455, 0.455, 0.48, 0.494, 0.5]
    for axle in (wheels.front, wheels.rear):
        wanted += [axle + reach * float(np.cos(angle)) for angle in np.linspace(0.0, np.pi, 8)]
        wanted += [axle - reach - STEP, axle + reach + STEP]
    if car.well:
        wanted += [car.well.start - STEP, car.well.start, car.well.end, car.well.end + STEP]
    bends = [z for z, _ in car.body.deck] + np.linspace(-0.42, 0.42, 8).tolist()
    for z in bends:
        if min(abs(z - other) for other in wanted) > 0.022:
            wanted.append(float(z))
    return sorted(wanted)


def _section(car: Car, z: float) -> Float64[np.ndarray, "22 3"]:
    """One ring around the body: up the right side, over the deck, down the left side."""
    body = car.body
    end = max(0.0, (abs(z) - 0.455) / 0.045) ** 2.5  # 0 .. 1: rounds the edges of both ends
    width = half_width(body, z) * (1.0 - 0.04 * end)
    top = deck(body, z) - 0.022 * end
    floor = body.sill + 0.03 * end
    arch = max(floor + 0.004, _arch(car, z))
    inner = width - car.wheels.width - 0.02
    edge, well = 0.84 * width, top + 0.4 * crown(body, z, 0.84 * width)
    inside = edge - 0.006
    if car.well and car.well.start - 1e-9 <= z <= car.well.end + 1e-9:
        edge, well = width - car.well.side, car.well.floor
        inside = edge - 0.006
    rise = 0.55 * (0.07 * width if well > top else 0.0)
    tuck = 0.03 * body.half_width
    right = [
        (0.55 * inner, floor),
        (inner, floor),
        (inner - 0.004, arch),
        (width - tuck, arch),
        (width, arch + 0.3 * (top - arch)),
        (width, arch + 0.6 * (top - arch)),
        (0.985 * width, arch + 0.82 * (top - arch)),
        (0.95 * width, top - 0.004),
        (0.5 * (0.95 * width + edge), top + 0.1 * rise),
        (inside, well),
        (0.4 * inside, well + rise),
    ]
    half = np.array([(x, y, z) for x, y in right])
    return np.concatenate([half, half[::-1] * np.array([-1.0, 1.0, 1.0])])


def _arch(car: Car, z: float) -> float:
    """The height of the wheel arches' edge at `z`; 0 between them."""
    wheels, reach = car.wheels, ARCH * car.wheels.radius
    for axle in (wheels.front, wheels.rear):
        if abs(z - axle) <= reach + 1e-9:
            return wheels.radius + float(np.sqrt(max(0.0, reach**2 - (z - axle) ** 2)))
    return 0.0


def _lid(car: Car, start: float, end: float) -> Surface:
    """A panel over the deck from `start` to `end`, its middle raised. uv: u across, v along."""
    rows, share = np.linspace(start, end, 7), np.linspace(-1.0, 1.0, 7)
    grid = np.zeros((7, 7, 3))
    for row, z in zip(grid, rows, strict=True):
        width = 0.86 * half_width(car.body, z)
        drop = 0.022 * max(0.0, (abs(z) - 0.455) / 0.045) ** 2.5
        for point, x in zip(row, share * width, strict=True):
            point[:] = x, deck(car.body, z) - drop + crown(car.body, z, x) + 0.004, z
    surface = panel(grid, 0.016)
    across = 0.5 + 0.5 * surface.vertices[:, 0] / car.body.half_width
    return mapped(surface, np.stack([across, (surface.vertices[:, 2] - start) / (end - start)], axis=1))


def _lining(car: Car) -> Surface:
    """The floor and walls of the opening, in another colour than the skin."""
    well = car.well
    if well is None:
        raise ValueError("this car has no opening")
    width = car.body.half_width - well.side - 0.008
    sheets = []
    for x in (-width, width):
        top = min(deck(car.body, well.start), deck(car.body, well.end)) - 0.006
        corners = [(x, y, z) for y in (well.floor, top) for z in (well.start + 0.006, well.end - 0.006)]
        sheets.append(panel(np.array(corners).reshape(2, 2, 3), 0.008))
    for z in (well.start + 0.006, well.end - 0.006):
        corners = [(x, y, z) for y in (well.floor, deck(car.body, z) - 0.006) for x in (-width, width)]
        sheets.append(panel(np.array(corners).reshape(2, 2, 3), 0.008))
    floor = [(x, well.floor + 0.004, z) for z in (well.start, well.end) for x in (-width, width)]
    sheets.append(panel(np.array(floor).reshape(2, 2, 3), 0.008))
    return joined(sheets)

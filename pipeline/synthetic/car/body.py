"""The body of a made-up car below its windows: one skin with wheel arches and an opening, and the panels on it."""

import numpy as np

from pipeline.synthetic.car.shape import ARCH, cabin_ends, crown, deck, fall, half_width, well_ends
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import Values, box, loft, panel, points
from pipeline.synthetic.kernel.surface import LEFT, Surface, joined

PICTURED = 0.34  # height that the paint's texture covers
STEP = 0.004  # between two stations at a step


def add_body(car: Builder) -> None:
    """Place the skin, the lining of an opening, the hood and the boot's lid."""
    car.add("body", _skin(car), "paint", "body")
    start, end = cabin_ends(car)
    if "well" in car:
        car.add("lining", _lining(car), "interior", "body")
    if car["body"].hood:
        car.add("hood", _lid(car, -0.486, start + (0.005 if "cabin" in car else -0.045)), "hood", "hood")
        car.keypoint(18, "hood", (0.0, float(deck(car, -0.486)) + 0.02, -0.506))
    if car["body"].boot:
        car.add("boot lid", _lid(car, end + (-0.005 if "cabin" in car else 0.02), 0.485), "hood", "body")


def seen_from_above(car: Builder, surface: Surface) -> Surface:
    """The surface with u across the car and v along the surface."""
    x, _, z = surface.vertices.T
    return surface.mapped(np.stack([0.5 + 0.5 * x / car["body"].half_width, (z - z.min()) / np.ptp(z)], axis=1))


def _skin(car: Builder) -> Surface:
    """uv: u from front to rear, v from the ground up, the same on both sides."""
    surface = loft(_sections(car, _stations(car)))
    return surface.mapped(
        0.01 + 0.98 * (surface.vertices[:, [2, 1]] + np.array([0.5, 0.0])) / np.array([1.0, PICTURED])
    )


def _stations(car: Builder) -> Values:
    """The places of sections along z: evenly, and closer at the ends, around the arches and at steps."""
    wheels, reach = car["wheels"], ARCH * car["wheels"].radius
    wanted = [-0.5, -0.494, -0.48, -0.455, 0.455, 0.48, 0.494, 0.5]
    for axle in (wheels.front, wheels.rear):
        wanted += [*(axle + reach * np.cos(np.linspace(0.0, np.pi, 8))), axle - reach - STEP, axle + reach + STEP]
    if "well" in car:
        start, end = well_ends(car)
        wanted += [start - STEP, start, end, end + STEP]
    for z in [*car["body"].rows("deck")[:, 0], *np.linspace(-0.42, 0.42, 8)]:
        if min(abs(z - other) for other in wanted) > 0.022:
            wanted.append(z)
    return np.array(sorted(wanted))


def _sections(car: Builder, z: Values) -> np.ndarray:
    """Rings around the body: up the right side, over the deck, down the left side."""
    body, end = car["body"], fall(z)
    width, top, floor = half_width(car, z) * (1.0 - 0.04 * end), deck(car, z) - 0.022 * end, body.sill + 0.03 * end
    arch = np.maximum(floor + 0.004, _arch(car, z))
    inner, tuck, high = width - car["wheels"].width - 0.02, 0.03 * body.half_width, top - arch
    edge, bed, rise = 0.84 * width, top + 0.4 * crown(car, z, 0.84 * width), 0.0385 * width
    if "well" in car:
        (start, stop), well = well_ends(car), car["well"]
        open_ = (z > start - 1e-9) & (z < stop + 1e-9)
        edge, bed = np.where(open_, width - well.side, edge), np.where(open_, well.floor, bed)
        rise = np.where(open_, 0.0, rise)
    inside = edge - 0.006
    half = [
        (0.55 * inner, floor),
        (inner, floor),
        (inner - 0.004, arch),
        (width - tuck, arch),
        (width, arch + 0.3 * high),
        (width, arch + 0.6 * high),
        (0.985 * width, arch + 0.82 * high),
        (0.95 * width, top - 0.004),
        (0.5 * (0.95 * width + edge), top + 0.1 * rise),
        (inside, bed),
        (0.4 * inside, bed + rise),
    ]
    right = np.stack([points(x, y, z) for x, y in half], axis=1)
    return np.concatenate([right, right[:, ::-1] * LEFT], axis=1)


def _arch(car: Builder, z: Values) -> Values:
    """The height of the wheel arches' edge at `z`; 0 between them."""
    wheels, reach = car["wheels"], ARCH * car["wheels"].radius
    away = np.minimum(np.abs(z - wheels.front), np.abs(z - wheels.rear))
    height = wheels.radius + np.sqrt(np.clip(reach**2 - away**2, 0.0, None))
    return np.where(away <= reach + 1e-9, height, 0.0)


def _lid(car: Builder, start: float, end: float) -> Surface:
    """A panel over the deck from `start` to `end`, its middle raised."""
    z = np.linspace(start, end, 7)[:, None]
    x = 0.86 * half_width(car, z) * np.linspace(-1.0, 1.0, 7)
    sheet = panel(points(x, deck(car, z) - 0.022 * fall(z) + crown(car, z, x) + 0.004, z), 0.016)
    return seen_from_above(car, sheet)


def _lining(car: Builder) -> Surface:
    """The floor and walls of the opening, in another colour than the skin."""
    (start, end), well = well_ends(car), car["well"]
    width, floor = car["body"].half_width - well.side - 0.008, well.floor
    start, end = start + 0.006, end - 0.006
    top = float(min(deck(car, start), deck(car, end))) - 0.006
    walls = [box((x - 0.004, floor, start), (x + 0.004, top, end)) for x in (-width, width)]
    ends = [box((-width, floor, z - 0.004), (width, top, z + 0.004)) for z in (start, end)]
    return joined([*walls, *ends, box((-width, floor, start), (width, floor + 0.008, end))])

"""The body of a made-up car below its windows: one skin with wheel arches and an opening, and the panels on it."""

from functools import partial

import numpy as np

from pipeline.datasets.records import Material
from pipeline.synthetic.car.shape import ARCH, cabin_ends, crown, deck, fall, half_width, well_ends
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import Values, box, loft, panel, points
from pipeline.synthetic.kernel.surface import LEFT, Surface, joined
from pipeline.synthetic.kernel.textures import Colour, U, V, canvas, lacquer, two_coloured

PICTURED = 0.34  # height that the paint's texture covers
STEP = 0.004  # between two stations at a step


def add_body(car: Builder) -> None:
    """Place the skin, the lining of an opening, the hood and the boot's lid."""
    car.textures |= {"coachwork": partial(_coachwork, car=car), "racing_stripes": _racing_stripes}
    skin = loft(_sections(car, _stations(car)))
    uv = (skin.vertices[:, [2, 1]] + np.array([0.5, 0.0])) / np.array([1.0, PICTURED])
    car.add("body", skin.mapped(0.01 + 0.98 * uv), "paint", "body")  # u from front to rear, v from the ground up
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


def _stations(car: Builder) -> Values:
    """The places of sections along z: evenly, and closer at the ends, around the arches and at steps."""
    wheels, reach = car["wheels"], ARCH * car["wheels"].radius
    wanted = [-0.5, -0.494, -0.48, -0.455, 0.455, 0.48, 0.494, 0.5]
    for axle in (wheels.front, wheels.rear):
        wanted += [*(axle + reach * np.cos(np.linspace(0.0, np.pi, 8))), axle - reach - STEP, axle + reach + STEP]
    if "well" in car:
        start, end = well_ends(car)
        wanted += [start - STEP, start, end, end + STEP]
    for z in [*car["body"].deck[:, 0], *np.linspace(-0.42, 0.42, 8)]:
        if min(abs(z - other) for other in wanted) > 0.022:
            wanted.append(z)
    return np.array(sorted(wanted))


def _sections(car: Builder, z: Values) -> np.ndarray:
    """Rings around the body: up the right side, over the deck, down the left side."""
    body, end = car["body"], fall(z)
    width, top, floor = half_width(car, z) * (1.0 - 0.04 * end), deck(car, z) - 0.022 * end, body.sill + 0.03 * end
    wheels, reach = car["wheels"], ARCH * car["wheels"].radius
    away = np.minimum(np.abs(z - wheels.front), np.abs(z - wheels.rear))
    edge_of_arch = wheels.radius + np.sqrt(np.clip(reach**2 - away**2, 0.0, None))
    arch = np.maximum(floor + 0.004, np.where(away <= reach + 1e-9, edge_of_arch, 0.0))
    inner, tuck, high = width - wheels.width - 0.02, 0.03 * body.half_width, top - arch
    edge, bed, rise = 0.84 * width, top + 0.4 * crown(car, z, 0.84 * width), 0.0385 * width
    if "well" in car:
        (start, stop), well = well_ends(car), car["well"]
        open_ = (z > start - 1e-9) & (z < stop + 1e-9)
        edge, bed = np.where(open_, width - well.side, edge), np.where(open_, well.floor, bed)
        rise = np.where(open_, 0.0, rise)
    inside = edge - 0.006
    under = [(0.55 * inner, floor), (inner, floor), (inner - 0.004, arch), (width - tuck, arch)]
    side = [(width, arch + 0.3 * high), (width, arch + 0.6 * high), (0.985 * width, arch + 0.82 * high)]
    rim = [(0.95 * width, top - 0.004), (0.5 * (0.95 * width + edge), top + 0.1 * rise)]
    half = [*under, *side, *rim, (inside, bed), (0.4 * inside, bed + rise)]
    right = np.stack([points(x, y, z) for x, y in half], axis=1)
    return np.concatenate([right, right[:, ::-1] * LEFT], axis=1)


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


def _racing_stripes(rng: np.random.Generator, paint: Colour, second: Colour) -> Material:
    """Two stripes along v, beside the middle of u."""
    away, start = np.abs(U - 0.5), rng.uniform(0.02, 0.05)
    return two_coloured(paint, second, (away > start) & (away < start + rng.uniform(0.07, 0.12)))


def _coachwork(rng: np.random.Generator, paint: Colour, second: Colour, car: Builder) -> Material:
    """The body seen from the side: u from front to rear, v from the ground up. Gaps of doors, handles, a dark sill."""
    along, level = (U - 0.01) / 0.98 - 0.5, (V - 0.01) / 0.98 * PICTURED
    share = (level - car["body"].sill) / (car["body"].belt - car["body"].sill)
    image, pattern = canvas(paint), car["body"].pattern
    if pattern == "lower":
        image[share < rng.uniform(0.4, 0.55)] = second
    if pattern in ("band", "rally"):
        middle, half = rng.uniform(0.5, 0.68), rng.uniform(0.07, 0.12)
        rise = rng.uniform(0.0, 0.3) if pattern == "rally" else 0.0
        image[np.abs(share - middle - rise * along) < half] = second
    image[share < 0.09] = 0.25 * np.asarray(paint) + 0.05
    start, end = cabin_ends(car)
    for number, door in enumerate(start + (end - start) * car["body"].doors):
        image[(np.abs(along - door) < 0.0045) & (share > 0.14) & (share < 0.97)] *= 0.45
        if number:
            handle = (np.abs(along - door + 0.03) < 0.016) & (np.abs(share - 0.78) < 0.045)
            image[handle] = (0.12, 0.12, 0.13) if car["body"].belt > 0.2 else (0.8, 0.82, 0.85)
    return lacquer(rng, image)

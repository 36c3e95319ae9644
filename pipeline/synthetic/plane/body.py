"""The body of a made-up plane: the tapered tube, and the canopy, wheels and intakes on it."""

from functools import partial

import numpy as np

from pipeline.datasets.records import Material
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import Number, Values, loft, points, revolved, stack, tube
from pipeline.synthetic.kernel.surface import Surface
from pipeline.synthetic.kernel.table import Group
from pipeline.synthetic.kernel.textures import COLUMN, Colour, U, V, canvas, noise, shaded


def section(body: Group, z: Number) -> tuple[Values, Values, Values]:
    """The body's section at `z`: height of its middle, half-width, half-height."""
    along = np.asarray(z, np.float64) + 0.5
    ahead = np.clip(1.0 - along / body.nose, 0.0, 1.0) ** 2
    behind = np.clip((along - 1.0 + body.tail) / body.tail, 0.0, 1.0) ** 1.6
    half = body.half_height * (1.0 - ahead) ** (0.5 * body.sharpness) * (1.0 - (1.0 - body.end) * behind)
    return body.half_height * (body.rise * behind - body.droop * ahead), body.aspect * half, half


def half_width(body: Group, y: float, z: float) -> float:
    """The reach of the body to the side at height `y`; 0 above and below it."""
    centre, width, height = section(body, z)
    return float(width * np.sqrt(max(0.0, 1.0 - ((y - centre) / height) ** 2)))


def top(body: Group, z: float) -> float:
    """The height of the body's back at `z`."""
    centre, _, height = section(body, z)
    return float(centre + height)


def add_body(plane: Builder) -> None:
    """Add the pieces of the part `body`, such as cockpit and landing gear, with their keypoints."""
    body, fighter = plane["body"], plane.kind == "fighter"
    plane.add("body", _tube(body), "body", "body")
    plane.textures["livery"] = partial(_livery, windows=not body.canopy)
    cockpit = body.nose - 0.5
    if body.canopy:
        start = cockpit - (0.62 * body.canopy if fighter else 0.0)
        plane.add("canopy", _canopy(body, start), "glass", "body")
        cockpit = start + 0.4 * body.canopy
        plane.keypoint(19, "body", (0.0, top(body, cockpit) + body.half_height, cockpit))
    else:
        cockpit -= 0.4 * body.nose
        plane.keypoint(19, "body", (0.0, top(body, cockpit), cockpit))
    if body.gear:
        _add_gear(plane)
    if body.struts:
        plane.add_pair("strut", _strut(plane), "metal", "body")
    if fighter:
        plane.add_pair("intake", _intake(body), "wing", "body")
    nose = "engine" if plane["engines"].place == "nose" else "body"  # a spinner stands before the body
    plane.keypoint(0, nose, (0.0, float(section(body, -0.4995)[0]), -0.6))
    plane.keypoint(1, "body", (0.0, top(body, 0.5), 0.5))


def _tube(body: Group) -> Surface:
    """The body, uv: u from nose to tail, v from the keel to the back on both sides, so that it has no seam."""
    sides, nose = 20, body.nose * (1.0 - np.cos(0.5 * np.pi * np.linspace(0.06, 1.0, 9)))
    middle = np.linspace(body.nose, 1.0 - body.tail, 4)[1:]
    z = np.concatenate([nose, middle, np.linspace(1.0 - body.tail, 1.0, 8)[1:]])[:, None] - 0.5
    angle = 2.0 * np.pi * np.arange(sides) / sides
    centre, width, height = section(body, z)
    surface = loft(points(width * np.cos(angle), centre + height * np.sin(angle), z))
    v = np.append(np.tile(0.5 + 0.49 * np.sin(angle), len(z)), [0.5, 0.5])  # the last two close the ends
    return surface.mapped(np.stack([surface.vertices[:, 2] + 0.5, v], axis=1))


def _canopy(body: Group, start: float) -> Surface:
    """A glass bubble, its lower part sunk into the body."""
    share, sunk = np.linspace(0.02, 0.98, 9), 0.25 * body.half_height
    z, size = start + share * body.canopy, (1.0 - np.abs(2.0 * share**0.8 - 1.0) ** 2.2) ** 0.6
    centre, _, height = section(body, z)
    rise = (0.6 if body.gear else 0.52) * body.half_height + sunk
    wide = 0.62 * body.aspect * body.half_height
    return stack(np.stack([z, centre + height - sunk, wide * size, rise * size], axis=1), 2.0, 12)


def _add_gear(plane: Builder) -> None:
    """Three fixed wheels on struts: one under the nose, two under the wings."""
    body, wing = plane["body"], plane["wing"]
    radius = 0.3 * body.half_height
    tread = revolved([(-0.35, 0.7), (-0.2, 1.0), (0.2, 1.0), (0.35, 0.7)], "x", 16, radius, radius)
    front = wing.z + 0.55 * wing.root
    for name, x, z in (("nose", 0.0, -0.4), ("right", 0.12, front), ("left", -0.12, front)):
        centre, _, height = section(body, z)
        axle = np.array([x, radius - 2.0 * body.half_height, z])
        strut = tube([(0.35 * x, float(centre - 0.7 * height), z), axle], 0.008, 6)
        plane.add(f"{name} gear leg", strut, "metal", "body")
        plane.add(f"{name} wheel", tread.moved(axle), "dark", "body")


def _strut(plane: Builder) -> Surface:
    """A bar from the foot of the body to the underside of a high wing, on the right."""
    body, wing = plane["body"], plane["wing"]
    z, x = wing.z + 0.35 * wing.root, 0.48 * wing.span
    centre, width, height = section(body, z)
    level = section(body, wing.z + 0.5 * wing.root)[0] + wing.height * body.half_height
    low = (float(0.6 * width), float(centre - 0.7 * height), z)
    return tube([low, (x, float(level) + wing.dihedral * x, z + wing.sweep * x)], 0.008, 6)


def _intake(body: Group) -> Surface:
    """An air intake along the right flank, fading into it at the rear."""
    share, size = np.array([[0.0, 0.86], [0.06, 0.95], [0.12, 1.0], [0.5, 0.9], [1.0, 0.3]]).T
    wide, high = body.aspect * body.half_height, 0.62 * body.half_height
    rows = [body.nose - 0.52 + 0.42 * share, 0.0 * share, 0.36 * wide * size, high * size, wide * (0.92 - 0.25 * share)]
    return stack(np.stack(rows, axis=1), 4.0, 12)


def _livery(rng: np.random.Generator, ground: Colour, belly: Colour, stripe: Colour, windows: bool) -> Material:
    """A plane's body: u runs from nose to tail, v from the keel to the back. Stripe, cockpit and windows, or none."""
    image = canvas(ground)
    image[rng.uniform(0.25, 0.45) > V] = belly
    middle, half = rng.uniform(0.4, 0.5), rng.uniform(0.05, 0.11)
    rise = rng.uniform(0.0, 0.5) * np.maximum(0.0, U - 0.65)
    image[np.abs(V - middle - rise) < half] = stripe
    if rng.random() < 0.6:
        image[rng.uniform(0.8, 0.9) < U] = stripe
    if windows:
        image[(np.abs(V - 0.66) < 0.04) & (COLUMN % 4 < 2) & (U > 0.16) & (U < 0.8)] = (0.12, 0.14, 0.2)
        image[(np.abs(V - 0.74) < 0.09) & (U > 0.035) & (U < 0.075)] = (0.08, 0.1, 0.15)
    return shaded(image, 0.95 + 0.05 * noise(rng, 16, 16))

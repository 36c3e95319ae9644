"""Made-up planes.

Parts as in ShapeNet part: body 1, wing 2, tail 3, engine 4. Keypoints, seen with the plane's own right and left:

| id | point |
| --- | --- |
| 0 | nose: the foremost point, on the spinner where a propeller stands there |
| 1 | tail end of the body, upper rim |
| 2, 3 | tip of the right, left wing, leading edge (top of a winglet) |
| 4, 5 | leading edge of the right, left wing where it leaves the body |
| 6, 7 | trailing edge of the right, left wing where it leaves the body |
| 8 | top of a single fin, leading edge |
| 9 | front of a single fin where it leaves the body |
| 10, 11 | tip of the right, left stabiliser, leading edge |
| 12, 13 | right, left engine, the inner one of two: upper lip, tip of a spinner, or upper rim of a nozzle |
| 14, 15 | right, left outer engine |
| 16 | a single nozzle, upper rim |
| 17, 18 | top of the right, left of two fins |
| 19 | top of the cockpit: canopy, or back of the body above the windscreen |
"""

from collections.abc import Mapping

import numpy as np

from pipeline.datasets.records import Material
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.table import Sizes
from pipeline.synthetic.kernel.textures import (
    COLUMN,
    Colour,
    U,
    V,
    camouflage,
    canvas,
    choose,
    colour,
    noise,
    plain,
    plates,
    shaded,
    stripes,
)
from pipeline.synthetic.plane.body import add_body
from pipeline.synthetic.plane.engines import add_engines
from pipeline.synthetic.plane.wings import add_wings


def build(plane: Builder, sizes: Sizes, rng: np.random.Generator) -> Mapping[str, Material]:
    """Place the pieces of a plane; return its materials."""
    add_body(plane, sizes)
    add_wings(plane, sizes)
    add_engines(plane, sizes)
    return _materials(sizes, rng)


def _materials(sizes: Sizes, rng: np.random.Generator) -> Mapping[str, Material]:
    """Two or three strong colours over the whole plane; fighters in camouflage or bare plates."""
    hue = rng.random()
    accent = colour(hue, rng.uniform(0.6, 0.95), rng.uniform(0.5, 0.9))
    second = colour(hue + rng.choice([0.12, 0.33, 0.5, 0.6]), rng.uniform(0.5, 0.9), rng.uniform(0.5, 0.9))
    pale = colour(rng.random(), rng.uniform(0.0, 0.12), rng.uniform(0.85, 1.0))
    if sizes.kind == "fighter":
        first = colour(rng.uniform(0.05, 0.65), rng.uniform(0.12, 0.45), rng.uniform(0.35, 0.75))
        other = colour(rng.uniform(0.05, 0.65), rng.uniform(0.2, 0.5), rng.uniform(0.25, 0.55))
        body = wing = camouflage(rng, first, other) if rng.random() < 0.65 else plates(rng, first)
        tail = choose(rng, [plates(rng, accent), body])
    else:
        ground, stripe = (accent, pale) if rng.random() < 0.4 else (pale, accent)
        body = _livery(rng, ground, choose(rng, [second, pale]), stripe, windows=not sizes["body"].canopy)
        wing = choose(rng, [stripes(rng, pale, second), plates(rng, second), plates(rng, second), plates(rng, pale)])
        tail = stripes(rng, accent, pale) if rng.random() < 0.4 else plates(rng, accent)
    return {
        "body": body,
        "wing": wing,
        "tail": tail,
        "engine": plain(choose(rng, [colour(0.6, 0.05, rng.uniform(0.45, 0.8)), accent, second, pale])),
        "accent": plain(accent),
        "metal": plain((0.6, 0.62, 0.65)),
        "dark": plain((0.1, 0.1, 0.12)),
        "glass": plain((0.12, 0.18, 0.28)),
    }


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

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

from functools import partial

import numpy as np

from pipeline.datasets.records import Material
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.textures import COLUMN, Colour, U, V, canvas, noise, shaded
from pipeline.synthetic.plane.body import add_body
from pipeline.synthetic.plane.engines import add_engines
from pipeline.synthetic.plane.wings import add_wings


def build(plane: Builder) -> None:
    """Place the pieces of a plane."""
    add_body(plane)
    add_wings(plane)
    add_engines(plane)
    plane.textures(livery=partial(_livery, windows=not plane["body"].canopy))


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

"""Made-up cars.

Parts as in ShapeNet part: roof 1 (the panel without its pillars), hood 2, wheel 3, body 4 (the rest, windows, lamps and
the boot's lid included). A roadster has no roof, a bus no hood. Keypoints, with the car's own right and left:

| id | point |
| --- | --- |
| 0, 1 | front right, left wheel: middle of its outer side |
| 2, 3 | rear right, left wheel: middle of its outer side |
| 4, 5 | front right, left corner of the roof |
| 6, 7 | rear right, left corner of the roof |
| 8, 9 | right, left headlight |
| 10, 11 | right, left tail light |
| 12, 13 | right, left corner of the front bumper |
| 14, 15 | right, left corner of the rear bumper |
| 16, 17 | right, left mirror, its outer end |
| 18 | middle of the hood's front edge |
| 19 | middle of a spoiler's trailing edge |
| 20 | middle of the upper edge of a bed's rear wall |
"""

from functools import partial

import numpy as np

from pipeline.datasets.records import Material
from pipeline.synthetic.car.body import PICTURED, add_body
from pipeline.synthetic.car.cabin import add_cabin
from pipeline.synthetic.car.fittings import add_fittings
from pipeline.synthetic.car.shape import cabin_ends
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.textures import Colour, U, V, canvas, lacquer, two_coloured


def build(car: Builder) -> None:
    """Place the pieces of a car."""
    add_body(car)
    add_cabin(car)
    add_fittings(car)
    car.textures(coachwork=partial(_coachwork, car=car), racing_stripes=_racing_stripes)


def _racing_stripes(rng: np.random.Generator, paint: Colour, second: Colour) -> Material:
    """Two stripes along v, beside the middle of u."""
    away, start = np.abs(U - 0.5), rng.uniform(0.02, 0.05)
    return two_coloured(paint, second, (away > start) & (away < start + rng.uniform(0.07, 0.12)))


def _coachwork(rng: np.random.Generator, paint: Colour, second: Colour, car: Builder) -> Material:
    """The body seen from the side: u from front to rear, v from the ground up. Gaps of doors, handles, a dark sill."""
    along, level = (U - 0.01) / 0.98 - 0.5, (V - 0.01) / 0.98 * PICTURED
    share = (level - car["body"].sill) / (car["body"].belt - car["body"].sill)
    image, pattern = canvas(paint), car["body"].word("pattern")
    if pattern == "lower":
        image[share < rng.uniform(0.4, 0.55)] = second
    if pattern in ("band", "rally"):
        middle, half = rng.uniform(0.5, 0.68), rng.uniform(0.07, 0.12)
        rise = rng.uniform(0.0, 0.3) if pattern == "rally" else 0.0
        image[np.abs(share - middle - rise * along) < half] = second
    image[share < 0.09] = 0.25 * np.asarray(paint) + 0.05
    start, end = cabin_ends(car)
    for number, door in enumerate(start + (end - start) * car["body"].rows("doors")):
        image[(np.abs(along - door) < 0.0045) & (share > 0.14) & (share < 0.97)] *= 0.45
        if number:
            handle = (np.abs(along - door + 0.03) < 0.016) & (np.abs(share - 0.78) < 0.045)
            image[handle] = (0.12, 0.12, 0.13) if car["body"].belt > 0.2 else (0.8, 0.82, 0.85)
    return lacquer(rng, image)

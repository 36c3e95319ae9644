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

from collections.abc import Mapping

import numpy as np

from pipeline.datasets.records import Material
from pipeline.synthetic.car.body import PICTURED, add_body
from pipeline.synthetic.car.cabin import add_cabin
from pipeline.synthetic.car.fittings import add_fittings
from pipeline.synthetic.car.shape import Shape
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.table import Sizes
from pipeline.synthetic.kernel.textures import (
    Colour,
    U,
    V,
    canvas,
    choose,
    colour,
    lacquer,
    leather,
    plain,
    stripes,
    two_coloured,
    weave,
)


def build(car: Builder, sizes: Sizes, rng: np.random.Generator) -> Mapping[str, Material]:
    """Place the pieces of a car; return its materials."""
    shape = Shape(sizes)
    add_body(car, shape)
    add_cabin(car, shape)
    add_fittings(car, shape)
    return _materials(shape, rng)


def _materials(shape: Shape, rng: np.random.Generator) -> Mapping[str, Material]:
    """A strong paint, often with a second one below, along the side, on the roof or as stripes over the hood."""
    hue, kind = rng.random(), shape.sizes.kind
    paint = colour(hue, rng.uniform(0.65, 0.95), rng.uniform(0.55, 0.95))
    if rng.random() < 0.2:
        paint = colour(hue, rng.uniform(0.0, 0.1), choose(rng, [0.3, 0.62, 0.92]))
    second = colour(hue + choose(rng, [0.12, 0.4, 0.5, 0.6]), rng.uniform(0.5, 0.9), rng.uniform(0.4, 0.9))
    if rng.random() < 0.45:
        second = colour(rng.random(), rng.uniform(0.0, 0.12), choose(rng, [0.2, 0.95]))
    pattern = choose(rng, ["lower", "band", "rally"] if kind in {"van", "bus"} else ["plain", "lower", "band", "rally"])
    striped = pattern == "rally" and kind in {"coupe", "roadster", "hatchback", "sedan"}
    top = _racing_stripes(rng, paint, second) if striped else lacquer(rng, canvas(paint))
    two_tone = pattern in {"lower", "band"} and rng.random() < 0.6
    cloth = colour(rng.random(), rng.uniform(0.3, 0.8), rng.uniform(0.25, 0.8))
    bright, dark = (0.78, 0.8, 0.83), (0.09, 0.09, 0.1)
    return {
        "paint": _coachwork(rng, shape, paint, second, pattern),
        "hood": top,
        "roof": lacquer(rng, canvas(second)) if two_tone else top,
        "pillar": plain((0.96 * paint[0], 0.96 * paint[1], 0.96 * paint[2])),
        "mirror": plain(second if pattern != "plain" else paint),
        "interior": weave(rng, (0.3, 0.28, 0.27)),
        "seat": choose(rng, [leather(rng, cloth), stripes(rng, cloth, second)]),
        "bumper": plain(dark if kind == "coupe" else choose(rng, [dark, bright, second])),
        "rim": plain(bright if rng.random() < 0.75 else second),
        "metal": plain(bright),
        "tyre": plain((0.11, 0.11, 0.12)),
        "dark": plain(dark),
        "trim": plain((0.16, 0.15, 0.15)),
        "glass": plain((0.2, 0.27, 0.34)),
        "lamp": plain((1.0, 0.96, 0.78)),
        "tail lamp": plain((0.8, 0.07, 0.06)),
        "plate": plain((0.93, 0.9, 0.75)),
    }


def _racing_stripes(rng: np.random.Generator, paint: Colour, second: Colour) -> Material:
    """Two stripes along v, beside the middle of u."""
    away, start = np.abs(U - 0.5), rng.uniform(0.02, 0.05)
    return two_coloured(paint, second, (away > start) & (away < start + rng.uniform(0.07, 0.12)))


def _coachwork(rng: np.random.Generator, shape: Shape, paint: Colour, second: Colour, pattern: str) -> Material:
    """The body seen from the side: u from front to rear, v from the ground up. Gaps of doors, handles, a dark sill."""
    along, level = (U - 0.01) / 0.98 - 0.5, (V - 0.01) / 0.98 * PICTURED
    share = (level - shape.body.sill) / (shape.body.belt - shape.body.sill)
    image = canvas(paint)
    if pattern == "lower":
        image[share < rng.uniform(0.4, 0.55)] = second
    if pattern in {"band", "rally"}:
        middle, half = rng.uniform(0.5, 0.68), rng.uniform(0.07, 0.12)
        rise = rng.uniform(0.0, 0.3) if pattern == "rally" else 0.0
        image[np.abs(share - middle - rise * along) < half] = second
    image[share < 0.09] = 0.25 * np.asarray(paint) + 0.05
    start, end = shape.inside
    for number, door in enumerate(start + (end - start) * shape.body.rows("doors")):
        image[(np.abs(along - door) < 0.0045) & (share > 0.14) & (share < 0.97)] *= 0.45
        if number:
            handle = (np.abs(along - door + 0.03) < 0.016) & (np.abs(share - 0.78) < 0.045)
            image[handle] = (0.12, 0.12, 0.13) if shape.body.belt > 0.2 else (0.8, 0.82, 0.85)
    return lacquer(rng, image)

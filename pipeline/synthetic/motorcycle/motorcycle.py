"""Made-up motorcycles.

Parts as in ShapeNet part: tank 1, seat 2, wheel 3 (tyre, rim, hub, brake disc), handle 4 (bar, grips, levers, mirrors),
light 5 (head, tail, indicators), body 6 (the rest). A scooter has no tank. Keypoints, with the motorcycle's own right
and left:

| id | point |
| --- | --- |
| 0, 1 | right, left end of the front wheel's hub |
| 2, 3 | right, left end of the rear wheel's hub |
| 4, 5 | outer end of the right, left grip |
| 6 | headlight, its front; the right one of a pair |
| 7 | tail light, its rear |
| 8 | top of the tank, where its cap is |
| 9 | front of the seat, its upper edge |
| 10 | rear of the seat, its upper edge; of the second seat where there is one |
| 11 | foremost point of the front tyre |
| 12 | rearmost point of the rear tyre |
| 13 | front end of the front fender |
| 14, 15 | end of the right, left muffler |
| 16, 17 | outer end of the right, left foot rest; on a scooter the edge of the floor |
| 18 | middle of the windscreen's upper edge |
| 19 | rear end of the tail |
"""

from collections.abc import Mapping

import numpy as np

from pipeline.datasets.records import Material
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.table import Sizes
from pipeline.synthetic.kernel.textures import (
    Colour,
    U,
    V,
    camouflage,
    canvas,
    choose,
    colour,
    lacquer,
    leather,
    plain,
    plates,
    stripes,
    weave,
)
from pipeline.synthetic.motorcycle.bike import Bike
from pipeline.synthetic.motorcycle.cladding import add_bar, add_cases, add_hulls, add_lamps, add_screen, add_shell
from pipeline.synthetic.motorcycle.engine import add_engine
from pipeline.synthetic.motorcycle.running_gear import add_chassis, add_wheels


def build(motorcycle: Builder, sizes: Sizes, rng: np.random.Generator) -> Mapping[str, Material]:
    """Place the pieces of a motorcycle; return its materials."""
    bike = Bike(sizes)
    for add in (add_wheels, add_chassis, add_engine, add_hulls, add_bar, add_lamps):
        add(motorcycle, bike)
    if "screen" in sizes:
        add_screen(motorcycle, bike)
    if bike["extras"].cases:
        add_cases(motorcycle, bike)
    if sizes.kind == "scooter":
        add_shell(motorcycle, bike)
    return _materials(sizes.kind, rng)


def _materials(kind: str, rng: np.random.Generator) -> Mapping[str, Material]:
    """A strong paint with a second one on the tank and the fairing; metal parts bright or black."""
    hue = rng.random()
    paint = colour(hue, rng.uniform(0.7, 0.98), rng.uniform(0.55, 0.95))
    second = colour(hue + choose(rng, [0.12, 0.35, 0.5, 0.62]), rng.uniform(0.55, 0.95), rng.uniform(0.5, 0.95))
    if rng.random() < 0.4:
        second = colour(rng.random(), rng.uniform(0.0, 0.1), choose(rng, [0.18, 0.95]))
    hide = colour(rng.uniform(0.0, 0.12), rng.uniform(0.2, 0.7), rng.uniform(0.15, 0.5))
    bright, dark, chrome = (0.77, 0.79, 0.82), (0.1, 0.1, 0.11), kind in {"cruiser", "touring", "standard"}
    seats, skins = [leather(rng, hide), weave(rng, second)], [lacquer(rng, canvas(paint))]
    if kind == "dirt":
        seats, skins = (
            [stripes(rng, second, paint), leather(rng, second)],
            [*skins, *skins, camouflage(rng, paint, second)],
        )
    return {
        "tank": _tank_paint(rng, paint, second),
        "paint": choose(rng, skins),
        "fairing": lacquer(rng, canvas(choose(rng, [second, paint]))),
        "seat": choose(rng, seats),
        "case": choose(rng, [lacquer(rng, canvas(paint)), plates(rng, (0.7, 0.71, 0.73))]),
        "rim": plain(choose(rng, [bright, dark, second])),
        "tyre": plain((0.1, 0.1, 0.11)),
        "metal": plain(bright if chrome else choose(rng, [bright, (0.35, 0.36, 0.38)])),
        "fork": plain(choose(rng, [dark, (0.62, 0.63, 0.65)])),
        "frame": plain(choose(rng, [dark, second, (0.5, 0.51, 0.53)])),
        "engine": plain((0.3, 0.31, 0.33)),
        "cylinder": plain(choose(rng, [(0.55, 0.56, 0.58), (0.2, 0.2, 0.21)])),
        "pipe": plain(bright if chrome else (0.55, 0.48, 0.42)),
        "muffler": plain(bright if chrome else choose(rng, [bright, (0.24, 0.24, 0.26)])),
        "mirror": plain(choose(rng, [paint, dark])),
        "dark": plain(dark),
        "glass": plain((0.45, 0.6, 0.68)),
        "lamp": plain((1.0, 0.96, 0.78)),
        "lamp shell": plain(bright if chrome else paint),
        "tail lamp": plain((0.82, 0.07, 0.06)),
        "amber": plain((0.95, 0.55, 0.1)),
    }


def _tank_paint(rng: np.random.Generator, paint: Colour, second: Colour) -> Material:
    """The tank seen from the side: a band, a lower half or a flash in the second colour, and a badge."""
    image, middle, half = canvas(paint), rng.uniform(0.4, 0.6), rng.uniform(0.08, 0.16)
    band, lower = np.abs(V - middle) < half, middle - rng.uniform(-0.15, 0.15) * (U - 0.5) > V
    flash = np.abs(V - middle - 0.5 * (U - 0.5)) < half * (1.3 - U)
    image[choose(rng, [band, lower, flash])] = second
    image[np.hypot(U - 0.4, 0.6 * (V - 0.58)) < 0.07] = (0.95, 0.9, 0.75)
    return lacquer(rng, image)

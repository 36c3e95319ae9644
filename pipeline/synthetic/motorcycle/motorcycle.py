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

import numpy as np

from pipeline.datasets.records import Material
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.textures import Colour, U, V, canvas, choose, lacquer
from pipeline.synthetic.motorcycle.cladding import add_bar, add_cases, add_hulls, add_lamps, add_screen, add_shell
from pipeline.synthetic.motorcycle.engine import add_engine
from pipeline.synthetic.motorcycle.running_gear import add_chassis, add_wheels


def build(bike: Builder) -> None:
    """Place the pieces of a motorcycle."""
    for add in (add_wheels, add_chassis, add_engine, add_hulls, add_bar, add_lamps):
        add(bike)
    if "screen" in bike:
        add_screen(bike)
    if bike["extras"].cases:
        add_cases(bike)
    if bike.kind == "scooter":
        add_shell(bike)
    bike.textures(tank_paint=_tank_paint)


def _tank_paint(rng: np.random.Generator, paint: Colour, second: Colour) -> Material:
    """The tank seen from the side: a band, a lower half or a flash in the second colour, and a badge."""
    image, middle, half = canvas(paint), rng.uniform(0.4, 0.6), rng.uniform(0.08, 0.16)
    band, lower = np.abs(V - middle) < half, middle - rng.uniform(-0.15, 0.15) * (U - 0.5) > V
    flash = np.abs(V - middle - 0.5 * (U - 0.5)) < half * (1.3 - U)
    image[choose(rng, [band, lower, flash])] = second
    image[np.hypot(U - 0.4, 0.6 * (V - 0.58)) < 0.07] = (0.95, 0.9, 0.75)
    return lacquer(rng, image)

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

from collections.abc import Callable, Mapping

import numpy as np

from pipeline.synthetic.car import closed_kinds, other_kinds
from pipeline.synthetic.car.body import BODY, HOOD, body_pieces, deck
from pipeline.synthetic.car.cabin import ROOF, cabin_pieces, roof_corner
from pipeline.synthetic.car.dimensions import Car
from pipeline.synthetic.car.fittings import (
    WHEEL,
    bumper_corner,
    fitting_pieces,
    hub_centre,
    lamp,
    mirror,
    spoiler_edge,
    wheel_pieces,
)
from pipeline.synthetic.car.materials import materials
from pipeline.synthetic.pieces import Aim, Assembly, Design, aim_pair, design

KINDS: Mapping[str, Callable[[np.random.Generator], Car]] = {
    "sedan": closed_kinds.sedan,
    "pickup": other_kinds.pickup,
    "hatchback": closed_kinds.hatchback,
    "roadster": other_kinds.roadster,
    "suv": closed_kinds.suv,
    "coupe": closed_kinds.coupe,
    "van": other_kinds.van,
    "bus": other_kinds.bus,
}


def make_car(kind: str, rng: np.random.Generator) -> Design:
    """A car of one of `KINDS`."""
    car = KINDS[kind](rng)
    pieces = [*body_pieces(car), *cabin_pieces(car), *wheel_pieces(car), *fitting_pieces(car)]
    return design(Assembly(pieces, _aims(car)), materials(car, rng))


def _aims(car: Car) -> list[Aim]:
    aims = aim_pair(0, WHEEL, hub_centre(car, car.wheels.front)) + aim_pair(2, WHEEL, hub_centre(car, car.wheels.rear))
    if car.cabin:
        aims += aim_pair(4, ROOF, roof_corner(car.cabin, car, -0.03))
        aims += aim_pair(6, ROOF, roof_corner(car.cabin, car, 1.03))
    aims += aim_pair(8, BODY, lamp(car, -0.5) - np.array([0.0, 0.0, 0.03]))
    aims += aim_pair(10, BODY, lamp(car, 0.5) + np.array([0.0, 0.0, 0.03]))
    aims += aim_pair(12, BODY, bumper_corner(car, -0.5)) + aim_pair(14, BODY, bumper_corner(car, 0.5))
    aims += aim_pair(16, BODY, mirror(car))
    if car.hood:
        start = car.hood[0]
        aims.append(Aim(18, HOOD, np.array([0.0, deck(car.body, start) + 0.02, start - 0.02])))
    if car.spoiler:
        aims.append(Aim(19, BODY, spoiler_edge(car)))
    if car.kind == "pickup":
        aims.append(Aim(20, BODY, np.array([0.0, deck(car.body, 0.49) + 0.02, 0.49])))
    return aims

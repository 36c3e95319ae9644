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

from collections.abc import Callable, Mapping

import numpy as np

from pipeline.synthetic.motorcycle import light_kinds, road_kinds
from pipeline.synthetic.motorcycle.cladding import LIGHT, cladding_pieces, lamp_front, screen_top
from pipeline.synthetic.motorcycle.dimensions import Motorcycle
from pipeline.synthetic.motorcycle.engine import engine_pieces, exhaust_end
from pipeline.synthetic.motorcycle.materials import materials
from pipeline.synthetic.motorcycle.rider import HANDLE, SEAT, TANK, rider_pieces, seat_end, tank_top
from pipeline.synthetic.motorcycle.running_gear import (
    BODY,
    WHEEL,
    beak_tip,
    chassis_pieces,
    fender_point,
    hub_end,
    wheel_pieces,
)
from pipeline.synthetic.pieces import Aim, Assembly, Design, aim_pair, design

KINDS: Mapping[str, Callable[[np.random.Generator], Motorcycle]] = {
    "sport": road_kinds.sport,
    "scooter": light_kinds.scooter,
    "cruiser": road_kinds.cruiser,
    "dirt": light_kinds.dirt,
    "touring": road_kinds.touring,
    "standard": light_kinds.standard,
}


def make_motorcycle(kind: str, rng: np.random.Generator) -> Design:
    """A motorcycle of one of `KINDS`."""
    bike = KINDS[kind](rng)
    pieces = [
        *wheel_pieces(bike),
        *chassis_pieces(bike),
        *engine_pieces(bike),
        *rider_pieces(bike),
        *cladding_pieces(bike),
    ]
    return design(Assembly(pieces, _aims(bike)), materials(bike, rng))


def _aims(bike: Motorcycle) -> list[Aim]:
    front, rear = bike.front, bike.rear
    aims = (
        aim_pair(0, WHEEL, hub_end(front))
        + aim_pair(2, WHEEL, hub_end(rear))
        + aim_pair(4, HANDLE, np.array(bike.bar[-1]))
    )
    aims += [
        Aim(6, LIGHT, lamp_front(bike)),
        Aim(7, LIGHT, np.array([0.0, bike.tail_lamp[0], bike.tail_lamp[1] + 0.05])),
        Aim(9, SEAT, seat_end(bike, rear=False)),
        Aim(10, SEAT, seat_end(bike, rear=True)),
        Aim(11, WHEEL, np.array([0.0, front.radius, front.z - 1.1 * front.radius])),
        Aim(12, WHEEL, np.array([0.0, rear.radius, rear.z + 1.1 * rear.radius])),
        Aim(19, BODY, np.array([0.0, bike.tail[-1][1], bike.tail[-1][0] + 0.01])),
    ]
    if bike.tank:
        aims.append(Aim(8, TANK, tank_top(bike)))
    if bike.front_fender:
        aims.append(Aim(13, BODY, fender_point(front, bike.front_fender, bike.front_fender.start)))
    if bike.beak:
        aims.append(Aim(13, BODY, beak_tip(bike)))
    end = exhaust_end(bike)
    aims += aim_pair(14, BODY, end) if bike.exhaust.both else [Aim(14, BODY, end)]
    y, z, reach = bike.rests
    aims += aim_pair(16, BODY, np.array([reach, y, z]))
    if bike.screen[0]:
        aims.append(Aim(18, BODY, screen_top(bike)))
    return aims

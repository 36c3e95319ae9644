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

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.records import Material
from pipeline.synthetic.pieces import Aim, Assembly, Design, aim_pair, design
from pipeline.synthetic.plane import jet_kinds, propeller_kinds
from pipeline.synthetic.plane.body import BODY, body_pieces, section, top
from pipeline.synthetic.plane.dimensions import Plane
from pipeline.synthetic.plane.engines import ENGINE, engine_fronts, engine_pieces
from pipeline.synthetic.plane.wings import (
    TAIL,
    WING,
    fin_edges,
    fin_sides,
    placed_stabiliser,
    placed_wing,
    root_x,
    tail_pieces,
    wing_pieces,
)
from pipeline.synthetic.textures import camouflage, colour, livery, plates, stripes

KINDS: Mapping[str, Callable[[np.random.Generator], Plane]] = {
    "airliner": jet_kinds.airliner,
    "light plane": propeller_kinds.light_plane,
    "fighter": jet_kinds.fighter,
    "business jet": jet_kinds.business_jet,
    "twin propeller": propeller_kinds.twin_propeller,
    "freighter": propeller_kinds.freighter,
}


def make_plane(kind: str, rng: np.random.Generator) -> Design:
    """A plane of one of `KINDS`."""
    plane = KINDS[kind](rng)
    pieces = [*body_pieces(plane), *wing_pieces(plane), *tail_pieces(plane), *engine_pieces(plane)]
    return design(Assembly(pieces, _aims(plane)), _materials(plane, rng))


def _materials(plane: Plane, rng: np.random.Generator) -> dict[str, Material]:
    """Two or three strong colours over the whole plane; fighters in camouflage or bare plates."""
    hue = rng.random()
    accent = colour(hue, rng.uniform(0.6, 0.95), rng.uniform(0.5, 0.9))
    second = colour(hue + rng.choice([0.12, 0.33, 0.5, 0.6]), rng.uniform(0.5, 0.9), rng.uniform(0.5, 0.9))
    pale = colour(rng.random(), rng.uniform(0.0, 0.12), rng.uniform(0.85, 1.0))
    white = (1.0, 1.0, 1.0)
    if plane.kind == "fighter":
        first = colour(rng.uniform(0.05, 0.65), rng.uniform(0.12, 0.45), rng.uniform(0.35, 0.75))
        other = colour(rng.uniform(0.05, 0.65), rng.uniform(0.2, 0.5), rng.uniform(0.25, 0.55))
        skin = camouflage(rng, first, other) if rng.random() < 0.65 else plates(rng, first)
        body, wing, tail = skin, skin, plates(rng, accent) if rng.random() < 0.5 else skin
    else:
        painted = rng.random() < 0.4
        top, belly, stripe = (
            accent if painted else pale,
            second if rng.random() < 0.5 else pale,
            pale if painted else accent,
        )
        body = livery(rng, top, belly, stripe, windows=plane.canopy == 0.0)
        wing = (
            stripes(rng, pale, second) if rng.random() < 0.3 else plates(rng, second if rng.random() < 0.65 else pale)
        )
        tail = stripes(rng, accent, pale) if rng.random() < 0.4 else plates(rng, accent)
    engine = [colour(0.6, 0.05, rng.uniform(0.45, 0.8)), accent, second, pale][int(rng.integers(4))]
    return {
        "body": Material(white, body),
        "wing": Material(white, wing),
        "tail": Material(white, tail),
        "engine": Material(engine, None),
        "accent": Material(accent, None),
        "metal": Material((0.6, 0.62, 0.65), None),
        "dark": Material((0.1, 0.1, 0.12), None),
        "glass": Material((0.12, 0.18, 0.28), None),
    }


def _aims(plane: Plane) -> list[Aim]:
    body = plane.body
    nose = ENGINE if plane.engines.place == "nose" else BODY
    aims = [
        Aim(0, nose, np.array([0.0, section(body, -0.4995)[0], -0.6])),
        Aim(1, BODY, np.array([0.0, top(body, 0.5), 0.5])),
        Aim(19, BODY, _cockpit(plane)),
    ]
    wing = placed_wing(plane)
    aims += aim_pair(2, WING, wing.tip())
    aims += aim_pair(4, WING, wing.leading(root_x(wing, body, 0.0)))
    aims += aim_pair(6, WING, wing.trailing(root_x(wing, body, 1.0)))
    stabiliser = placed_stabiliser(plane)
    if stabiliser:
        aims += aim_pair(10, TAIL, stabiliser.tip())
    (root, tip), _ = fin_edges(plane, fin_sides(plane)[0])
    if plane.fin.twin:
        aims += aim_pair(17, TAIL, tip)
    else:
        share = (top(body, float(root[2])) - root[1]) / (tip[1] - root[1])
        aims += [Aim(8, TAIL, tip), Aim(9, TAIL, root + share * (tip - root))]
    for number, front in enumerate(engine_fronts(plane)):
        aims += [Aim(16, ENGINE, front)] if front[0] == 0.0 else aim_pair(12 + 2 * number, ENGINE, front)
    return aims


def _cockpit(plane: Plane) -> Float64[np.ndarray, " 3"]:
    """A point above the cockpit."""
    z = plane.body.nose - 0.5
    if plane.canopy:
        z += (0.4 - (0.62 if plane.kind == "fighter" else 0.0)) * plane.canopy
        return np.array([0.0, top(plane.body, z) + plane.body.half_height, z])
    z -= 0.4 * plane.body.nose
    return np.array([0.0, top(plane.body, z), z])

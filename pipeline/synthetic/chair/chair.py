"""Made-up chairs.

Parts as in PartNet, level 1: head 1, back 2, arm 3, base 4, seat 5. Keypoints, left and right as the sitter has them:

| id | point |
| --- | --- |
| 0, 1 | upper left, right corner of the back |
| 2, 3 | front left, right corner of the seat's top (of a round seat: the rim, half-way between front and side) |
| 4, 5 | rear left, right corner of the seat's top |
| 6, 7 | front end of the left, right arm |
| 8, 9 | rear end of the left, right arm |
| 10 | middle of a pedestal's column, on its front |
| 11-15 | the star's casters, from the front one to the right around |
| 16 | top of the head rest |
| 17, 18 | front left, right foot (of a tube on the floor: its front end) |
| 19, 20 | rear left, right foot |
| 21 | middle of the back's upper edge |
"""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.records import Material
from pipeline.synthetic.chair import frame_kinds, leg_kinds
from pipeline.synthetic.chair.back import BACK, HEAD, back_edge, back_pieces, back_point, head_pieces
from pipeline.synthetic.chair.base import ARMS_OF_STAR, BASE, base_pieces, foot, star_end
from pipeline.synthetic.chair.dimensions import Chair
from pipeline.synthetic.chair.seat import ARM, SEAT, arm_pieces, seat_pieces
from pipeline.synthetic.pieces import Aim, Assembly, Design, Piece, design
from pipeline.synthetic.textures import colour, dots, leather, plaid, stripes, weave, wood

KINDS: Mapping[str, Callable[[np.random.Generator], Chair]] = {
    "dining": leg_kinds.dining,
    "office": frame_kinds.office,
    "lounge": leg_kinds.lounge,
    "moulded": leg_kinds.moulded,
    "upholstered": leg_kinds.upholstered,
    "pedestal": frame_kinds.pedestal,
    "tubular": frame_kinds.tubular,
    "bistro": leg_kinds.bistro,
}


def make_chair(kind: str, rng: np.random.Generator) -> Design:
    """A chair of one of `KINDS`."""
    chair = KINDS[kind](rng)
    pieces = [*head_pieces(chair), *back_pieces(chair), *arm_pieces(chair), *base_pieces(chair), *seat_pieces(chair)]
    return design(Assembly(pieces, _aims(chair, pieces)), _materials(rng))


def _materials(rng: np.random.Generator) -> dict[str, Material]:
    """Wood, cloth and metal in colours that stand apart."""
    white = (1.0, 1.0, 1.0)
    hue = rng.random()
    cloth = colour(hue, rng.uniform(0.35, 0.85), rng.uniform(0.45, 0.9))
    other = colour(hue + rng.uniform(0.25, 0.75), rng.uniform(0.2, 0.75), rng.uniform(0.35, 0.95))
    cover = str(rng.choice(["weave", "leather", "plaid", "stripes", "dots"]))
    plain = {"weave": weave, "leather": leather}
    patterned = {"plaid": plaid, "stripes": stripes, "dots": dots}
    fabric = plain[cover](rng, cloth) if cover in plain else patterned[cover](rng, cloth, other)
    timber = [colour(0.07, 0.62, 0.55), colour(0.09, 0.5, 0.85), colour(0.05, 0.65, 0.36), colour(0.0, 0.6, 0.45)]
    if rng.random() < 0.3:
        timber = [colour(rng.random(), rng.uniform(0.3, 0.8), rng.uniform(0.5, 0.95))]
    metal = [(0.72, 0.73, 0.75), (0.2, 0.2, 0.22), colour(hue + 0.5, 0.6, 0.7)][int(rng.integers(3))]
    plastic = colour(hue + rng.uniform(0.3, 0.7), rng.uniform(0.0, 0.9), rng.uniform(0.6, 1.0))
    return {
        "fabric": Material(white, fabric),
        "second": Material(white, weave(rng, other) if rng.random() < 0.5 else leather(rng, other)),
        "wood": Material(white, wood(rng, timber[int(rng.integers(len(timber)))])),
        "metal": Material(metal, None),
        "plastic": Material(plastic, None),
        "dark": Material((0.13, 0.13, 0.14), None),
    }


def _aims(chair: Chair, pieces: list[Piece]) -> list[Aim]:
    aims = [Aim(21, BACK, back_point(chair, 0.0, 1.2))]
    for number, side in enumerate((-1.0, 1.0)):
        aims.append(Aim(number, BACK, _outside(back_point(chair, side * max(0.8, back_edge(chair, 1.0)), 1.0), side)))
        for first, end in ((2, -1.0), (4, 1.0)):
            aims.append(Aim(first + number, SEAT, _seat_corner(chair, side, end)))
        if chair.base.style in ("legs", "sled", "cantilever"):
            aims += [Aim(17 + number, BASE, foot(chair, side, -1.0)), Aim(19 + number, BASE, foot(chair, side, 1.0))]
        arm = [
            p.surface.vertices for p in pieces if p.label == ARM and np.sign(p.surface.vertices[:, 0].mean()) == side
        ]
        if arm:
            aims += _arm_ends(number, np.concatenate(arm))
    if chair.base.style == "pedestal":
        aims.append(Aim(10, BASE, np.array([0.0, 0.5 * chair.seat.height, -0.3])))
    if chair.base.style == "star":
        aims += [Aim(11 + number, BASE, star_end(chair, number)) for number in range(ARMS_OF_STAR)]
    if chair.head:
        aims.append(Aim(16, HEAD, back_point(chair, 0.0, 1.0) + np.array([0.0, 1.0, 0.2])))
    return aims


def _outside(point: Float64[np.ndarray, " 3"], side: float) -> Float64[np.ndarray, " 3"]:
    """A point a hand's breadth up and out, so that the nearest point of the surface is its corner."""
    beyond: Float64[np.ndarray, " 3"] = point + np.array([side * 0.05, 0.08, 0.0])
    return beyond


def _seat_corner(chair: Chair, side: float, end: float) -> Float64[np.ndarray, " 3"]:
    reach = 0.5 * 0.5 ** (1.0 / chair.seat.power)
    return np.array([side * reach * chair.seat.width, chair.seat.height + 0.01, end * reach * chair.seat.depth])


def _arm_ends(number: int, vertices: Float64[np.ndarray, "v 3"]) -> list[Aim]:
    """The front and the rear end of an arm's upper side, `vertices` being that arm's."""
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    upper = vertices[vertices[:, 1] > high[1] - 0.1 * (high[1] - low[1])]
    x = float(upper[:, 0].mean())
    return [
        Aim(6 + number, ARM, np.array([x, high[1], float(low[2])])),
        Aim(8 + number, ARM, np.array([x, high[1], float(high[2])])),
    ]

"""Kinds of tables on stands: a round top on a pedestal, and planks on trestles."""

import numpy as np

from pipeline.synthetic.pieces import Aim, Assembly, Piece
from pipeline.synthetic.primitives import leg, revolved, tube
from pipeline.synthetic.surfaces import moved, rotation, turned
from pipeline.synthetic.table.boards import LEFT_RIGHT, bar, board, box, round_outline
from pipeline.synthetic.table.leg_kinds import LEGS, SURFACE
from pipeline.synthetic.table.parts import BASE, TOP, Board, foot_aims, top_aims

PEDESTAL = ("regular_table", "table_base", "pedestal_base")
STAR = ("regular_table", "table_base", "star_leg_base")


def pedestal(rng: np.random.Generator) -> Assembly:
    """A pedestal table: a round top on one column, which stands on a disc, a trumpet or four curved feet."""
    size = rng.uniform(0.7, 1.2)
    top = Board(size, size, rng.uniform(0.7, 0.78), rng.uniform(0.025, 0.04), oval=True)
    foot, reach = str(rng.choice(["disc", "trumpet", "claws"])), rng.uniform(0.3, 0.38) * size
    thin = rng.uniform(0.028, 0.045)
    pieces = [
        Piece("top", board(round_outline(size, size), top.height, top.thickness, 0.4), "wood", TOP, (*SURFACE, "board"))
    ]
    group = STAR if foot == "claws" else PEDESTAL
    start = 0.1 if foot == "claws" else 0.02
    shape = [(0.0, 1.7), (0.1, 1.75), (0.16, 1.2), (0.2, 1.2), (0.24, 1.6), (0.3, 1.6), (0.34, 1.1), (0.6, 1.0)]
    if foot == "trumpet":
        shape = [(0.0, 1.6), (0.12, 1.2), (0.5, 1.0)]
    shape += [(0.86, 1.0), (0.93, 1.9), (0.97, 3.6), (1.0, 3.8)]
    column = [(start + share * (top.under + 0.003 - start), thick * thin) for share, thick in shape]
    pieces.append(Piece("column", revolved(column, "y", 28), "second", BASE, (*group, "central_support")))
    if foot == "claws":
        path = np.array(
            [[0.0, 0.2, -0.5 * thin], [0.0, 0.19, -0.35 * reach], [0.0, 0.09, -0.72 * reach], [0.0, 0.03, -reach]]
        )
        arm = tube(path, [0.04, 0.036, 0.03, 0.022], 14, 0.8)
        end = revolved([(0.0, 0.026), (0.008, 0.036), (0.03, 0.038), (0.048, 0.024)], "y", 18)
        legs = (*STAR, "star_leg_set")
        for number in range(4):
            turn = rotation((0.0, 1.0, 0.0), 0.5 * np.pi * number + 0.25 * np.pi)
            placed = turned(moved(end, (0.0, 0.0, -reach)), turn)
            pieces.append(Piece(f"claw {number}", turned(arm, turn), "second", BASE, (*legs, f"leg:{number}")))
            pieces.append(Piece(f"claw end {number}", placed, "metal", BASE, (*legs, f"leg:{number}")))
    else:
        disc = [(0.0, reach), (0.012, reach), (0.022, 0.95 * reach), (0.035, 2.2 * thin)]
        if foot == "trumpet":
            disc = [(0.0, reach), (0.008, reach), (0.03, 0.8 * reach), (0.07, 0.42 * reach), (0.14, 1.5 * thin)]
        pieces.append(Piece("pedestal", revolved(disc, "y", 36), "second", BASE, (*PEDESTAL, "pedestal")))
    spot = reach * np.sqrt(0.5)
    aims = [*top_aims(top, TOP), *foot_aims(spot, spot, BASE)]
    return Assembly(pieces, [*aims, Aim(13, BASE, np.array([0.0, 0.5 * top.height, -0.2]))])


def trestle(rng: np.random.Generator) -> Assembly:
    """A trestle table: planks on two trestles, crossed or upright, and a beam between these."""
    top = Board(rng.uniform(1.4, 1.9), rng.uniform(0.75, 0.9), rng.uniform(0.72, 0.77), rng.uniform(0.035, 0.05))
    x = (0.5 - rng.uniform(0.14, 0.2)) * top.width
    pieces = _planks(top, int(rng.integers(3, 6)), bool(rng.random() < 0.6))
    if rng.random() < 0.6:
        stand, foot_z = _crossed(x, top, rng.uniform(0.028, 0.038))
    else:
        stand, foot_z = _upright(x, top, rng.uniform(0.035, 0.05))
    return Assembly([*pieces, *stand], [*top_aims(top, TOP), *foot_aims(x, foot_z, BASE)])


def _planks(top: Board, count: int, two_tone: bool) -> list[Piece]:
    """Boards side by side, from the front to the rear."""
    pieces, step = [], top.depth / count
    for number in range(count):
        low = -0.5 * top.depth + number * step
        surface = box((-0.5 * top.width, top.under, low), (0.5 * top.width, top.height, low + step - 0.006), 0.006)
        material = "accent" if two_tone and number % 2 else "wood"
        pieces.append(Piece(f"plank {number}", surface, material, TOP, (*SURFACE, f"board:{number}")))
    return pieces


def _crossed(x: float, top: Board, radius: float) -> tuple[list[Piece], float]:
    """Two bars that cross on each side, cleats under the planks, a beam through the crossings."""
    foot_z, pieces = 0.42 * top.depth, []
    for name, side in LEFT_RIGHT:
        for lean, way in (("forward", 1.0), ("backward", -1.0)):
            foot = np.array([side * x, 0.0, way * foot_z])
            head = np.array([side * x, top.under - 0.02, -0.85 * way * foot_z])
            surface = leg(foot, head, radius, radius, 4)
            pieces.append(Piece(f"{name} {lean} leg", surface, "second", BASE, (*LEGS, f"leg:{name} {lean}")))
        reach = 0.44 * top.depth
        cleat = box((side * x - 0.035, top.under - 0.045, -reach), (side * x + 0.035, top.under + 0.002, reach))
        pieces.append(Piece(f"{name} cleat", cleat, "second", BASE, (*LEGS, f"tabletop_connector:{name}")))
    height = (top.under - 0.02) / 1.85  # where the bars cross
    beam = bar((-x - 0.1, height, 0.0), (x + 0.1, height, 0.0), 0.8 * radius)
    for name, side in LEFT_RIGHT:
        at, half = side * (x + 0.06), 0.08
        wedge = box((at - 0.015, height - half, -0.018), (at + 0.015, height + half, 0.018))
        pieces.append(Piece(f"{name} wedge", wedge, "second", BASE, (*LEGS, f"bar_stretcher:{name} wedge")))
    return [*pieces, Piece("beam", beam, "second", BASE, (*LEGS, "bar_stretcher"))], foot_z


def _upright(x: float, top: Board, radius: float) -> tuple[list[Piece], float]:
    """On each side a board on edge between a foot and a cleat, and a beam through both boards, held by wedges."""
    foot_z, pieces = 0.42 * top.depth, []
    for name, side in LEFT_RIGHT:
        middle = side * x
        foot = box((middle - radius, 0.0, -foot_z), (middle + radius, 0.08, foot_z), 0.012)
        post = box((middle - 0.7 * radius, 0.07, -0.16), (middle + 0.7 * radius, top.under - 0.05, 0.16))
        cleat = box((middle - radius, top.under - 0.06, -foot_z), (middle + radius, top.under + 0.002, foot_z))
        pieces += [
            Piece(f"{name} foot", foot, "second", BASE, (*LEGS, f"foot:{name}")),
            Piece(f"{name} post", post, "second", BASE, (*LEGS, f"leg:{name}")),
            Piece(f"{name} cleat", cleat, "second", BASE, (*LEGS, f"tabletop_connector:{name}")),
        ]
    height = 0.45 * top.under
    beam = box((-x - 0.12, height, -0.02), (x + 0.12, height + 0.11, 0.02))
    return [*pieces, Piece("beam", beam, "second", BASE, (*LEGS, "bar_stretcher"))], foot_z

"""Kinds of tables on four legs: dining table, coffee table, glass top on a metal frame."""

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.pieces import Aim, Assembly, Piece
from pipeline.synthetic.primitives import leg, rounded, tube
from pipeline.synthetic.table.boards import (
    CORNERS,
    LEFT_RIGHT,
    bar,
    board,
    box,
    round_outline,
    rounded_rectangle,
    turned_leg,
)
from pipeline.synthetic.table.parts import BASE, TOP, Board, foot_aims, top_aims

SURFACE = ("regular_table", "tabletop", "tabletop_surface")
FRAME = ("regular_table", "tabletop", "tabletop_frame")
LEGS = ("regular_table", "table_base", "regular_leg_base")
SHELVES = ("regular_table", "table_base", "shelving_base")


def dining(rng: np.random.Generator) -> Assembly:
    """A dining table: a rectangular or oval top with an apron on square, round or turned legs."""
    style, oval = str(rng.choice(["square", "round", "turned"])), bool(rng.random() < 0.25)
    depth, thickness = rng.uniform(0.78, 0.98), rng.uniform(0.028, 0.045)
    width = depth if rng.random() < 0.25 else rng.uniform(1.15, 1.75)
    top = Board(width, depth, rng.uniform(0.72, 0.77), thickness, oval)
    radius = rng.uniform(0.032, 0.045)
    inset = 0.7 if oval else 1.0
    x, z = inset * 0.5 * top.width - radius - 0.03, inset * 0.5 * top.depth - radius - 0.03
    outline = _outline(top, rng.uniform(0.01, 0.08))
    pieces = [Piece("top", board(outline, top.height, top.thickness), "wood", TOP, (*SURFACE, "board"))]
    pieces += _legs(style, x, z, top.under, radius, 0.0, LEGS)
    pieces += _aprons(x, z, top.under, rng.uniform(0.08, 0.12))
    if style != "turned" and rng.random() < 0.4:
        pieces += _stretchers(x, z, rng.uniform(0.1, 0.2), 0.5 * radius)
    return Assembly(pieces, [*top_aims(top, TOP), *foot_aims(x, z, BASE)])


def coffee(rng: np.random.Generator) -> Assembly:
    """A coffee table: low, with a shelf between its legs."""
    top = Board(rng.uniform(0.85, 1.2), rng.uniform(0.5, 0.7), rng.uniform(0.4, 0.48), rng.uniform(0.025, 0.05))
    style = str(rng.choice(["square", "round"]))
    radius, low = rng.uniform(0.02, 0.03), rng.uniform(0.12, 0.18)
    corner = rng.uniform(0.02, 0.4) * top.depth
    inset = 0.3 * corner + radius + 0.012
    x, z = 0.5 * top.width - inset, 0.5 * top.depth - inset
    outline = rounded_rectangle(top.width, top.depth, corner)
    shelf = rounded_rectangle(2.0 * x + 0.5 * radius, 2.0 * z + 0.5 * radius, 0.02)
    pieces = [
        Piece("top", board(outline, top.height, top.thickness), "wood", TOP, (*SURFACE, "board")),
        Piece("shelf", board(shelf, low, 0.02), "accent", BASE, (*SHELVES, "shelf")),
        *_legs(style, x, z, top.under, radius, 0.0, SHELVES),
    ]
    aims = (*top_aims(top, TOP), *foot_aims(x, z, BASE), Aim(14, BASE, np.array([0.0, low, 0.0])))
    return Assembly(pieces, aims)


def glass(rng: np.random.Generator) -> Assembly:
    """A glass table: a sheet on a frame of metal tubes, with splayed legs and crossed bars, or bent runners."""
    size = rng.uniform(0.9, 1.5)
    thickness, oval, runners = rng.uniform(0.015, 0.022), bool(rng.random() < 0.4), bool(rng.random() < 0.5)
    top = Board(size, rng.uniform(0.6, 0.8) * size, rng.uniform(0.55, 0.75), thickness, oval)
    radius, inset = rng.uniform(0.014, 0.02), 0.6 if oval else 0.84
    x, z = 0.5 * inset * top.width, 0.5 * inset * top.depth
    sheet = board(_outline(top, 0.06), top.height, top.thickness, 0.3)
    rim = top.under - radius + 0.001
    pieces = [Piece("top", sheet, "glass", TOP, (*SURFACE, "glass"))]
    for name, start, end in (
        ("left", (-x, rim, -z), (-x, rim, z)),
        ("right", (x, rim, -z), (x, rim, z)),
        ("front", (-x, rim, -z), (x, rim, -z)),
        ("rear", (-x, rim, z), (x, rim, z)),
    ):
        pieces.append(Piece(f"{name} frame", bar(start, end, radius, 12), "metal", TOP, (*FRAME, f"bar:{name}")))
    if runners:
        for name, side in LEFT_RIGHT:
            corners = [(rim, -z), (radius, -1.15 * z), (radius, 1.15 * z), (rim, z)]
            path = rounded(np.array([[side * x, y, along] for y, along in corners]), 0.07, 7)
            pieces.append(Piece(f"{name} runner", tube(path, radius, 12), "metal", BASE, (*LEGS, f"runner:{name}")))
        foot_x, foot_z = x, 1.15 * z - 0.07
    else:
        reach = rng.uniform(0.02, 0.08)
        pieces += _legs("tube", x, z, rim, radius, reach, LEGS)
        foot_x, foot_z, low = x + reach, z + reach, 0.2
        at = 1.0 - low / rim
        for name, turn in (("first", 1.0), ("second", -1.0)):
            across, along = x + at * reach, turn * (z + at * reach)
            cross = bar((-across, low, -along), (across, low, along), 0.6 * radius, 10)
            pieces.append(Piece(f"{name} cross bar", cross, "metal", BASE, (*LEGS, f"bar_stretcher:{name}")))
    return Assembly(pieces, [*top_aims(top, TOP), *foot_aims(foot_x, foot_z, BASE)])


def _outline(top: Board, corner: float) -> Float64[np.ndarray, "n 2"]:
    """The top's outline; `corner` is the radius of a rectangle's corners."""
    if top.oval:
        return round_outline(top.width, top.depth)
    return rounded_rectangle(top.width, top.depth, corner)


def _legs(
    style: str, x: float, z: float, height: float, radius: float, reach: float, path: tuple[str, ...]
) -> list[Piece]:
    """Legs at the four corners; `reach` is how far a foot stands outside its leg's top."""
    pieces = []
    for name, across, along in CORNERS:
        foot = np.array([across * (x + reach), 0.0, along * (z + reach)])
        top = np.array([across * x, height + 0.003, along * z])
        if style == "turned":
            surface = turned_leg(foot, height + 0.003, radius)
        elif style == "tube":
            surface = leg(foot, top, radius, radius, 14)
        else:
            surface = leg(foot, top, 0.7 * radius, radius, 4 if style == "square" else 20)
        material = "metal" if style == "tube" else "second"
        pieces.append(Piece(f"{name} leg", surface, material, BASE, (*path, f"leg:{name}")))
    return pieces


def _aprons(x: float, z: float, under: float, height: float) -> list[Piece]:
    """Four boards on edge, from leg to leg under the top."""
    pieces, low, thick = [], under - height, 0.011
    for name, first, last in (
        ("left", (-x - thick, low, -z), (-x + thick, under + 0.002, z)),
        ("right", (x - thick, low, -z), (x + thick, under + 0.002, z)),
        ("front", (-x, low, -z - thick), (x, under + 0.002, -z + thick)),
        ("rear", (-x, low, z - thick), (x, under + 0.002, z + thick)),
    ):
        pieces.append(Piece(f"{name} apron", box(first, last), "second", TOP, (*FRAME, f"bar:{name}")))
    return pieces


def _stretchers(x: float, z: float, height: float, radius: float) -> list[Piece]:
    """A bar from front to rear on each side, and one between their middles."""
    pieces = []
    for name, start, end in (
        ("left", (-x, height, -z), (-x, height, z)),
        ("right", (x, height, -z), (x, height, z)),
        ("middle", (-x, height, 0.0), (x, height, 0.0)),
    ):
        surface = bar(start, end, radius)
        pieces.append(Piece(f"{name} stretcher", surface, "second", BASE, (*LEGS, f"bar_stretcher:{name}")))
    return pieces

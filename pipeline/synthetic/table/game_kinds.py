"""Tables to play on: ping-pong and pool. Their long side runs along x."""

import numpy as np
from jaxtyping import Float64

from pipeline.synthetic.pieces import Aim, Assembly, Piece
from pipeline.synthetic.primitives import leg, mapped, panel, revolved
from pipeline.synthetic.surfaces import Surface, moved
from pipeline.synthetic.table.boards import CORNERS, LEFT_RIGHT, bar, box
from pipeline.synthetic.table.parts import (
    NET,
    NO_PART,
    PING_PONG_BASE,
    PING_PONG_TOP,
    POOL_BASE,
    POOL_TOP,
    Board,
    foot_aims,
    top_aims,
)

PING_PONG = ("game_table", "ping_pong_table")
POOL = ("game_table", "pool_table")
BALLS = ("ball 0", "ball 1", "ball 2", "ball 3")
# A turned leg of a pool table: (share of its height, share of its radius).
STOUT = ((0.0, 0.6), (0.08, 0.75), (0.2, 0.5), (0.5, 0.95), (0.62, 0.8), (0.66, 1.0), (1.0, 1.0))


def ping_pong(rng: np.random.Generator) -> Assembly:
    """A ping-pong table: two halves with white lines, a net between them, two folding frames of metal."""
    scale = rng.uniform(0.75, 1.0)  # tables for children are smaller
    top = Board(2.74 * scale, 1.525 * scale, rng.uniform(0.72, 0.78), rng.uniform(0.035, 0.05))
    radius, rise, overhang = rng.uniform(0.024, 0.034), rng.uniform(0.16, 0.2), 0.12
    pieces = []
    for name, low, high in (("left", -0.5 * top.width, -0.004), ("right", 0.004, 0.5 * top.width)):
        half = box((low, top.under, -0.5 * top.depth), (high, top.height, 0.5 * top.depth), 0.006)
        surface = _over(half, top.width, top.depth)
        pieces.append(
            Piece(f"{name} half", surface, "court", PING_PONG_TOP, (*PING_PONG, "tabletop", "tabletop_surface"))
        )
    pieces += _net(top, rise, overhang)
    legs = (*PING_PONG, "table_base", "regular_leg_base")
    x, z = rng.uniform(0.32, 0.38) * top.width, 0.38 * top.depth
    for name, across, along in CORNERS:
        foot = np.array([across * x, 0.0, along * z])
        surface = leg(foot, foot + np.array([0.0, top.under + 0.003, 0.0]), radius, radius, 14)
        pieces.append(Piece(f"{name} leg", surface, "metal", PING_PONG_BASE, (*legs, f"leg:{name}")))
    for name, side in LEFT_RIGHT:
        for where, along in (("front", -z), ("rear", z)):
            path = (*legs, f"bar_stretcher:{name} {where}")
            brace = bar((side * x, 0.45 * top.under, along), (side * 0.08, top.under - 0.01, along), 0.7 * radius, 12)
            pieces.append(Piece(f"{name} {where} brace", brace, "metal", PING_PONG_BASE, path))
        cross = bar((side * x, 0.2, -z), (side * x, 0.2, z), 0.8 * radius, 12)
        pieces.append(Piece(f"{name} cross bar", cross, "metal", PING_PONG_BASE, (*legs, f"bar_stretcher:{name}")))
    aims = [aim for aim in top_aims(top, PING_PONG_TOP) if aim.semantic_id != 8]  # the net stands there
    aims += foot_aims(x, z, PING_PONG_BASE)
    end = 0.5 * top.depth + overhang
    for number, along in ((15, -end), (16, end), (17, 0.0)):
        aims.append(Aim(number, NET, np.array([0.0, top.height + rise + 0.02, along])))
    return Assembly(pieces, aims)


def _net(top: Board, rise: float, overhang: float) -> list[Piece]:
    """A sheet across the middle and its two posts, which are clamped to the table's edges."""
    end = 0.5 * top.depth + overhang
    rows, columns = np.linspace(top.height + rise, top.height - 0.001, 5), np.linspace(-end, end, 25)
    grid = np.stack([np.stack([np.zeros(25), np.full(25, y), columns], axis=1) for y in rows])
    u, v = np.meshgrid(np.linspace(0.0, 2.0 * end / rise, 25), np.linspace(1.0, 0.0, 5))
    sheet = mapped(panel(grid, 0.008), np.tile(np.stack([u.ravel(), v.ravel()], axis=1), (2, 1)))
    path = (*PING_PONG, "ping_pong_net")
    pieces = [Piece("net", sheet, "net", NET, path)]
    for name, z in (("front", -end), ("rear", end)):
        post = bar((0.0, top.under - 0.04, z), (0.0, top.height + rise + 0.01, z), 0.016, 12)
        inner = np.sign(z) * (0.5 * top.depth - 0.06)
        clamp = box((-0.03, top.under - 0.03, min(z, inner)), (0.03, top.under + 0.001, max(z, inner)))
        pieces += [Piece(f"{name} net post", post, "dark", NET, path), Piece(f"{name} clamp", clamp, "dark", NET, path)]
    return pieces


def pool(rng: np.random.Generator) -> Assembly:
    """A pool table: a bed of cloth between wooden rails with six pockets, four stout legs, balls on the cloth."""
    long = rng.uniform(2.0, 2.6)
    top = Board(long, long * rng.uniform(0.54, 0.58), rng.uniform(0.82, 0.9), 0.05)
    rail, deep = rng.uniform(0.11, 0.14), rng.uniform(0.2, 0.28)
    x, z, bed = 0.5 * top.width, 0.5 * top.depth, top.height - 0.035
    surface, frame = (*POOL, "tabletop", "tabletop_surface"), (*POOL, "tabletop", "tabletop_frame")
    cloth = box((-x + 0.6 * rail, top.height - deep, -z + 0.6 * rail), (x - 0.6 * rail, bed, z - 0.6 * rail))
    pieces = [Piece("bed", cloth, "cloth", POOL_TOP, surface)]
    for name, low, high in (
        ("left", (-x, -z), (-x + rail, z)),
        ("right", (x - rail, -z), (x, z)),
        ("front", (-x + rail, -z), (x - rail, -z + rail)),
        ("rear", (-x + rail, z - rail), (x - rail, z)),
    ):
        bottom = top.height - deep
        board = box((low[0], bottom, low[1]), (high[0], top.height, high[1]), 0.015)
        pieces.append(Piece(f"{name} rail", board, "wood", POOL_TOP, (*frame, f"bar:{name}")))
    nose, thick = rail - 0.01, 0.035
    for name, low, high in (
        ("left", (-x + nose, -z + rail), (-x + nose + thick, z - rail)),
        ("right", (x - nose - thick, -z + rail), (x - nose, z - rail)),
        ("front", (-x + rail, -z + nose), (x - rail, -z + nose + thick)),
        ("rear", (-x + rail, z - nose - thick), (x - rail, z - nose)),
    ):
        cushion = box((low[0], bed - 0.005, low[1]), (high[0], top.height - 0.004, high[1]), 0.008)
        pieces.append(Piece(f"{name} cushion", cushion, "cloth", POOL_TOP, surface))
    mouth = revolved([(top.height - 0.03, 0.07), (top.height + 0.004, 0.07), (top.height + 0.006, 0.062)], "y", 16)
    pockets = [(across * (x - 0.75 * rail), along * (z - 0.75 * rail)) for along in (-1, 1) for across in (-1, 0, 1)]
    for number, (across, along) in enumerate(pockets):
        pieces.append(Piece(f"pocket {number}", moved(mouth, (across, 0.0, along)), "dark", POOL_TOP, surface))
    legs, radius, stout = (*POOL, "table_base", "regular_leg_base"), rng.uniform(0.07, 0.09), bool(rng.random() < 0.5)
    foot_x, foot_z, height = x - 1.6 * radius, z - 1.6 * radius, top.height - deep + 0.02
    for name, across, along in CORNERS:
        foot = np.array([across * foot_x, 0.0, along * foot_z])
        post = leg(foot, foot + np.array([0.0, height, 0.0]), 0.7 * radius, radius, 4)
        made = moved(revolved([(share * height, size * radius) for share, size in STOUT], "y", 18), foot)
        pieces.append(Piece(f"{name} leg", made if stout else post, "second", POOL_BASE, (*legs, f"leg:{name}")))
    pieces += _balls(rng, bed, 0.22 * top.width)
    return Assembly(pieces, [*top_aims(top, POOL_TOP), *foot_aims(foot_x, foot_z, POOL_BASE)])


def _balls(rng: np.random.Generator, bed: float, spot: float) -> list[Piece]:
    """A triangle of six and the white ball on the cloth, larger than life, or no pixel would see them."""
    radius = 0.038
    angle = np.linspace(0.06, np.pi - 0.06, 6)
    ball = revolved([(float(-radius * np.cos(a)), float(radius * np.sin(a))) for a in angle], "y", 10)
    places = [(spot + 1.75 * radius * row, 2.0 * radius * (k - 0.5 * row)) for row in range(3) for k in range(row + 1)]
    order = rng.permutation(len(places))
    pieces = []
    for number, (x, z) in enumerate([*places, (-1.4 * spot, rng.uniform(-0.15, 0.15))]):
        material = BALLS[int(order[number]) % 3] if number < len(places) else BALLS[3]
        placed = moved(ball, (x, bed + radius - 0.001, z))
        pieces.append(Piece(f"ball {number}", placed, material, NO_PART, (*POOL, f"pool_ball:{number}")))
    return pieces


def _over(surface: Surface, width: float, depth: float) -> Surface:
    """The surface with a texture laid from above over width x depth."""
    uv: Float64[np.ndarray, "v 2"] = surface.vertices[:, [0, 2]] / np.array([width, depth]) + 0.5
    return mapped(surface, uv)

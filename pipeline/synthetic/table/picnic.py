"""A picnic table: planks on slanting legs, and a bench on either side, carried by beams between the legs."""

import numpy as np

from pipeline.synthetic.pieces import Aim, Assembly, Piece
from pipeline.synthetic.primitives import leg
from pipeline.synthetic.table.boards import LEFT_RIGHT, bar, box
from pipeline.synthetic.table.parts import BENCH, NO_PART, PICNIC_BASE, PICNIC_TOP, Board, foot_aims, top_aims

SURFACE = ("picnic_table", "regular_table", "tabletop", "tabletop_surface")
LEGS = ("picnic_table", "regular_table", "table_base", "regular_leg_base")


def picnic(rng: np.random.Generator) -> Assembly:
    """A picnic table with benches along the front and the rear."""
    top = Board(rng.uniform(1.5, 1.9), rng.uniform(0.68, 0.8), rng.uniform(0.72, 0.77), rng.uniform(0.035, 0.045))
    x, seat = 0.5 * top.width - rng.uniform(0.2, 0.32), rng.uniform(0.42, 0.46)
    bench_z, bench_depth = 0.5 * top.depth + rng.uniform(0.28, 0.34), rng.uniform(0.26, 0.3)
    foot_z, head_z, beam = 0.5 * top.depth + 0.2, 0.3 * top.depth, 0.045
    pieces, count = [], int(rng.integers(4, 6))
    for number, (low, high) in enumerate(_planks(-0.5 * top.depth, 0.5 * top.depth, count)):
        surface = box((-0.5 * top.width, top.under, low), (0.5 * top.width, top.height, high), 0.006)
        pieces.append(Piece(f"plank {number}", surface, "wood", PICNIC_TOP, SURFACE))
    for name, z in (("front", -bench_z), ("rear", bench_z)):
        for number, (low, high) in enumerate(_planks(z - 0.5 * bench_depth, z + 0.5 * bench_depth, 2)):
            surface = box((-0.5 * top.width, seat - 0.04, low), (0.5 * top.width, seat, high), 0.006)
            path = ("picnic_table", f"bench:{name}")
            pieces.append(Piece(f"{name} bench plank {number}", surface, "accent", BENCH, path))
    for name, side in LEFT_RIGHT:
        pieces += _frame(name, side * x, top, seat, foot_z, head_z, bench_z + 0.42 * bench_depth, beam)
        brace = bar((side * (x - 0.02), seat - 0.1, 0.0), (side * 0.12 * x, top.under - 0.01, 0.0), 0.022)
        pieces.append(Piece(f"{name} brace", brace, "second", PICNIC_BASE, (*LEGS, f"leg:{name} brace")))
    cleat = box((-0.15, top.under - 0.05, -0.46 * top.depth), (0.15, top.under + 0.002, 0.46 * top.depth), 0.006)
    pieces.append(Piece("middle cleat", cleat, "second", PICNIC_BASE, (*LEGS, "leg:middle cleat")))
    aims = [*top_aims(top, PICNIC_TOP), *foot_aims(x, foot_z, PICNIC_BASE)]
    for number, z in ((18, -bench_z), (20, bench_z)):
        ends = enumerate((-0.5 * top.width, 0.5 * top.width))
        aims += [Aim(number + side, BENCH, np.array([x, seat, z])) for side, x in ends]
    return Assembly(pieces, aims)


def _planks(start: float, end: float, count: int) -> list[tuple[float, float]]:
    """The start and end of each plank; planks are a finger's width apart."""
    gap = 0.018
    step = (end - start + gap) / count
    return [(start + number * step, start + (number + 1) * step - gap) for number in range(count)]


def _frame(
    name: str, x: float, top: Board, seat: float, foot_z: float, head_z: float, reach: float, beam: float
) -> list[Piece]:
    """Two slanting legs, a cleat under the top, and a beam across under the benches, on the legs' outer side."""
    pieces = []
    for where, way in (("front", -1.0), ("rear", 1.0)):
        foot, head = np.array([x, 0.0, way * foot_z]), np.array([x, top.under - 0.005, way * head_z])
        surface = leg(foot, head, beam, beam, 4)
        path = (*LEGS, f"leg:{name} {where}")
        pieces.append(Piece(f"{name} {where} leg", surface, "second", PICNIC_BASE, path))
    outside = x + np.sign(x) * 0.045
    low, high = min(x, outside) - 0.015, max(x, outside) + 0.015
    cleat = box((low, top.under - 0.085, -0.46 * top.depth), (high, top.under + 0.002, 0.46 * top.depth), 0.006)
    cross = box((low, seat - 0.135, -reach), (high, seat - 0.038, reach), 0.006)
    return [
        *pieces,
        Piece(f"{name} cleat", cleat, "second", PICNIC_BASE, (*LEGS, f"leg:{name} cleat")),
        Piece(f"{name} beam", cross, "second", NO_PART, ("picnic_table", f"bench_connector:{name}")),
    ]

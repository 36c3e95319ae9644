"""Made-up tables: parts and keypoints are those of docs/made-up.md."""

import numpy as np

from pipeline.datasets.records import Material
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import corners, points
from pipeline.synthetic.kernel.textures import COLUMN, ROW, SIZE, Colour, noise, pictured
from pipeline.synthetic.table.desk import build_desk
from pipeline.synthetic.table.games import build_ping_pong, build_pool
from pipeline.synthetic.table.on_legs import build_coffee, build_dining, build_glass
from pipeline.synthetic.table.on_stands import build_pedestal, build_picnic, build_trestle
from pipeline.synthetic.table.top import Top

KINDS = {"dining": build_dining, "desk": build_desk, "pedestal": build_pedestal, "picnic": build_picnic}
KINDS |= {"coffee": build_coffee, "trestle": build_trestle, "glass": build_glass}
KINDS |= {"ping-pong": build_ping_pong, "pool": build_pool}


def add_table(table: Builder) -> None:
    """Place the pieces of a table; keypoints of the top are its corners 0-3, middles of its edges 4-7, its middle 8."""
    sizes, half = table["top"], 0.5 * table["top"].width
    top = Top(half, half * sizes.aspect, sizes.height, sizes.height - sizes.thickness, sizes.oval)
    KINDS[table.kind](table, top)
    part = {"ping-pong": "ping-pong top", "pool": "pool top", "picnic": "picnic top"}.get(table.kind, "top")
    inset = np.sqrt(0.5) if top.oval else 1.0
    table.keypoint(0, part, *corners(inset * top.x, top.height, inset * top.z))
    edges = points(top.x * np.array([-1, 1, 0, 0, 0]), top.height, top.z * np.array([0, 0, -1, 1, 0]))
    table.keypoint(4, part, *edges[: 4 if table.kind == "ping-pong" else 5])  # a net stands in the middle
    table.textures |= {"window": _window, "court": _court, "meshes": _meshes}


def _window(rng: np.random.Generator, ground: Colour) -> Material:
    """Pale glass in which a window is mirrored: slanting streaks, light on a green or a blue ground."""
    along = (ROW + COLUMN + 6.0 * noise(rng, 3, 3)) % SIZE
    streak = (along > 22) & (along < 46) | (along > 54) & (along < 62)
    return pictured(np.asarray(ground) * (0.96 + 0.06 * noise(rng, 4, 4)[..., None]) + 0.2 * streak[..., None])


def _court(rng: np.random.Generator, ground: Colour) -> Material:
    """The upper side of a ping-pong table: white lines along the edges and along the middle of its length."""
    edge = (COLUMN < 2) | (COLUMN >= SIZE - 2) | (ROW < 3) | (ROW >= SIZE - 3)
    line = edge | (np.abs(ROW - (SIZE - 1) / 2) < 1.1)
    return pictured(np.where(line[..., None], 0.95, np.asarray(ground) * (0.94 + 0.08 * noise(rng, 8, 8)[..., None])))


def _meshes(rng: np.random.Generator) -> Material:
    """Meshes of a net below a white tape."""
    shade = np.where((ROW % 16 < 5) | (COLUMN % 16 < 5), 0.28, 0.62) + 0.05 * noise(rng, 16, 16)
    return pictured(np.where(ROW < 26, 0.96, shade)[..., None] * np.ones(3))

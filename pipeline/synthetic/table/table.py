"""Made-up tables.

Parts as in PartNet, level 1: net 1, ping-pong top 2, ping-pong base 3, pool top 4, pool base 5, picnic top 6, picnic
base 7, bench 8, top 9, base 10. The beams under benches, the balls of pool and what carries the top of some desks have
no class there (label 0). The long side runs along x; left is -x, front is -z, where one sits at a desk. Keypoints:

| id | point |
| --- | --- |
| 0, 1 | front left, right corner of the top's upper side (of a round top: its rim, half-way between front and side) |
| 2, 3 | rear left, right corner |
| 4, 5 | middle of the left, right edge |
| 6, 7 | middle of the front, rear edge |
| 8 | middle of the top's upper side, unless a net stands there |
| 9, 10 | front left, right foot (of a runner or a beam on the floor: its front end; of a disc: its rim) |
| 11, 12 | rear left, right foot |
| 13 | middle of a pedestal's column, on its front |
| 14 | middle of the lower shelf |
| 15, 16 | front, rear end of the net's upper edge |
| 17 | middle of the net's upper edge |
| 18, 19 | left, right end of the front bench |
| 20, 21 | left, right end of the rear bench |
| 22, 23 | middle of the handle of the uppermost drawer on the left, right |
"""

import numpy as np

from pipeline.datasets.records import Material
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.textures import COLUMN, ROW, SIZE, Colour, noise, pictured
from pipeline.synthetic.table.desk import build_desk
from pipeline.synthetic.table.games import build_ping_pong, build_pool
from pipeline.synthetic.table.on_legs import build_coffee, build_dining, build_glass
from pipeline.synthetic.table.on_stands import build_pedestal, build_picnic, build_trestle

KINDS = {
    "dining": build_dining,
    "desk": build_desk,
    "pedestal": build_pedestal,
    "picnic": build_picnic,
    "coffee": build_coffee,
    "trestle": build_trestle,
    "ping-pong": build_ping_pong,
    "glass": build_glass,
    "pool": build_pool,
}


def build(table: Builder) -> None:
    """Place the pieces of a table."""
    KINDS[table.kind](table)
    table.textures(window=_window, court=_court, meshes=_meshes)


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

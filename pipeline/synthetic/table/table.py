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

from collections.abc import Callable, Mapping

import numpy as np

from pipeline.synthetic.pieces import Assembly, Design, design
from pipeline.synthetic.table import game_kinds, leg_kinds, stand_kinds
from pipeline.synthetic.table.desk import desk
from pipeline.synthetic.table.materials import materials
from pipeline.synthetic.table.picnic import picnic

KINDS: Mapping[str, Callable[[np.random.Generator], Assembly]] = {
    "dining": leg_kinds.dining,
    "desk": desk,
    "pedestal": stand_kinds.pedestal,
    "picnic": picnic,
    "coffee": leg_kinds.coffee,
    "trestle": stand_kinds.trestle,
    "ping-pong": game_kinds.ping_pong,
    "glass": leg_kinds.glass,
    "pool": game_kinds.pool,
}


def make_table(kind: str, rng: np.random.Generator) -> Design:
    """A table of one of `KINDS`."""
    assembly = KINDS[kind](rng)
    return design(assembly, materials(rng))

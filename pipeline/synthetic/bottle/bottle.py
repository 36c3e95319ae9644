"""Made-up bottles.

Parts as in PartNet, level 1: body 1, lid 2, handle 3, body of a jug 4, handle of a jug 5; neck, mouth and cork have no
class there (label 0). Labels of paper belong to the body. Most bottles are round: their keypoints lie by convention on
the left (-x), the right (+x), the front (-z) and the rear. The label with the emblem is on the front, a spout points
there, and a handle stands on the right. Keypoints:

| id | point |
| --- | --- |
| 0 | middle of the top: of a cap, a cork, a pump's button or a spray head |
| 1, 2 | left, right side of a long neck where its cap, cork, capsule or rim begins |
| 3, 4 | left, right side where the neck leaves the shoulder |
| 5, 6, 7, 8 | left, right, front, rear of the shoulder, where the wall turns in (of a jug: its widest ring) |
| 9, 10, 11, 12 | left, right, front, rear of the lower rim |
| 13, 14 | upper, lower end of the handle |
| 15 | tip of the spout or the nozzle |
| 16 | lower end of the trigger |
| 17 | middle of the label on the front |
| 18, 19 | left, right side of the waist |
"""

from collections.abc import Callable, Mapping

import numpy as np

from pipeline.synthetic.bottle import drink_kinds, handle_kinds, pump_kinds
from pipeline.synthetic.bottle.materials import materials
from pipeline.synthetic.pieces import Assembly, Design, design

KINDS: Mapping[str, Callable[[np.random.Generator], Assembly]] = {
    "wine": drink_kinds.wine,
    "spray": pump_kinds.spray,
    "soda": drink_kinds.soda,
    "jug": handle_kinds.jug,
    "beer": drink_kinds.beer,
    "whisky": drink_kinds.whisky,
    "detergent": handle_kinds.detergent,
    "flask": drink_kinds.flask,
    "pump": pump_kinds.pump,
}


def make_bottle(kind: str, rng: np.random.Generator) -> Design:
    """A bottle of one of `KINDS`."""
    assembly = KINDS[kind](rng)
    return design(assembly, materials(kind, rng))

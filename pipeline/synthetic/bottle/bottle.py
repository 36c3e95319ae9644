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

from pipeline.synthetic.bottle import drinks, handled, household
from pipeline.synthetic.bottle.looks import looks
from pipeline.synthetic.pieces import Built, Design, anchored

FORMS: Mapping[str, Callable[[np.random.Generator], Built]] = {
    "wine": drinks.wine,
    "spray": household.spray,
    "soda": drinks.soda,
    "jug": handled.jug,
    "beer": drinks.beer,
    "whisky": drinks.whisky,
    "detergent": handled.detergent,
    "flask": drinks.flask,
    "pump": household.pump,
}
KINDS = tuple(FORMS)


def make_bottle(kind: str, rng: np.random.Generator) -> Design:
    """A bottle of one of `KINDS`."""
    built = FORMS[kind](rng)
    used = {piece.look for piece in built.pieces}
    materials = {name: look for name, look in looks(kind, rng).items() if name in used}
    return Design(built.pieces, materials, anchored(built.pieces, built.aims))

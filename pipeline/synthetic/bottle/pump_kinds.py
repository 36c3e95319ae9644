"""Kinds of bottles with a spray head or a pump. Each function builds one bottle."""

import numpy as np

from pipeline.synthetic.bottle.closures import CAP, ribbed
from pipeline.synthetic.bottle.parts import (
    GLASS,
    HANDLE,
    LID,
    Walls,
    bottle_aims,
    label_pieces,
    wall_pieces,
)
from pipeline.synthetic.bottle.sections import Section, blend, foot, round_section
from pipeline.synthetic.pieces import Aim, Assembly, Piece
from pipeline.synthetic.primitives import loft, revolved, rounded, superellipse, tube
from pipeline.synthetic.surfaces import Surface, moved


def spray(rng: np.random.Generator) -> Assembly:
    """A spray bottle: an oval body that narrows to a grip, a head with a nozzle and a trigger."""
    height, width, depth = rng.uniform(0.17, 0.2), rng.uniform(0.085, 0.105), rng.uniform(0.055, 0.068)
    wall, grip = Section(0.0, width, depth, 2.8), Section(0.84 * height, 0.045, 0.042, 2.2)
    shoulder, thin = rng.uniform(0.5, 0.6) * height, 0.0135
    neck = [round_section(height, thin), round_section(height + 0.014, thin)]
    body = [
        *foot(wall, 0.006),
        *blend(Section(shoulder, width, depth, 2.8), grip, 7),
        *blend(grip, neck[0], 4, 1.2)[1:],
    ]
    walls = Walls(tuple(body), tuple(neck), shoulder, height + 0.003)
    top, reach = height + 0.05, rng.uniform(0.05, 0.062)
    head = _hull(
        [
            (-0.72 * reach, top - 0.012, 0.02, 0.02),
            (-0.45 * reach, top - 0.012, 0.026, 0.026),
            (0.0, top - 0.014, 0.03, 0.032),
            (0.5 * reach, top - 0.012, 0.026, 0.026),
            (0.6 * reach, top - 0.013, 0.018, 0.018),
        ]
    )
    tip = moved(
        revolved([(-reach, 0.007), (-0.97 * reach, 0.009), (-0.68 * reach, 0.0095)], "z", 18), (0.0, top - 0.012, 0.0)
    )
    path = rounded(
        np.array(
            [[0.0, top - 0.018, -0.42 * reach], [0.0, top - 0.045, -0.55 * reach], [0.0, top - 0.075, -0.85 * reach]]
        ),
        0.012,
    )
    trigger = tube(path, np.linspace(0.0052, 0.0038, len(path)), 12, 2.0)
    throat = revolved([(height + 0.018, 0.013), (top - 0.02, 0.011)], "y", 24)
    pieces = [
        *wall_pieces(walls),
        Piece("collar", ribbed(height + 0.003, 0.019, 0.02), "lid", LID, CAP),
        Piece("throat", throat, "second", LID, CAP),
        Piece("head", head, "second", LID, CAP),
        Piece("nozzle", tip, "lid", LID, CAP),
        Piece("trigger", trigger, "lid", HANDLE, (*GLASS, "lid_handle")),
        *label_pieces(walls, 0.12 * height, 0.95 * shoulder, 0.95),
    ]
    aims = [
        *bottle_aims(walls, pieces, "head", 0.12 * height, 0.95 * shoulder),
        Aim(15, LID, np.array([0.0, top - 0.012, -reach])),
        Aim(16, HANDLE, path[-1]),
    ]
    return Assembly(pieces, aims)


def pump(rng: np.random.Generator) -> Assembly:
    """A bottle with a pump: a round or flat body under a pump, whose spout points to the front."""
    height, width = rng.uniform(0.12, 0.17), rng.uniform(0.062, 0.085)
    depth, power = width * float(rng.choice([1.0, 0.62])), float(rng.choice([2.0, 3.5]))
    wall, thin = Section(0.0, width, depth, power), 0.013
    shoulder = rng.uniform(0.78, 0.88) * height
    neck = [round_section(height, thin), round_section(height + 0.012, thin)]
    body = [*foot(wall, 0.005), *blend(Section(shoulder, width, depth, power), neck[0], 8, rng.uniform(0.8, 1.5))]
    walls = Walls(tuple(body), tuple(neck), shoulder, height + 0.003)
    top, reach = height + rng.uniform(0.06, 0.075), rng.uniform(0.038, 0.05)
    stem = revolved([(height + 0.02, 0.0055), (top - 0.012, 0.0055)], "y", 18)
    button = revolved([(top - 0.016, 0.008), (top - 0.014, 0.0115), (top - 0.003, 0.0135), (top, 0.011)], "y", 28)
    path = rounded(
        np.array([[0.0, top - 0.007, 0.0], [0.0, top - 0.007, -0.8 * reach], [0.0, top - 0.02, -reach]]), 0.008
    )
    spout = tube(path, np.linspace(0.0062, 0.0042, len(path)), 14)
    pieces = [
        *wall_pieces(walls),
        Piece("collar", ribbed(height + 0.003, 0.0185, 0.02), "lid", LID, CAP),
        Piece("stem", stem, "metal", LID, CAP),
        Piece("button", button, "lid", LID, CAP),
        Piece("spout", spout, "lid", LID, CAP),
        *label_pieces(walls, 0.14 * height, 0.92 * shoulder, 1.0 if power == 2.0 else 0.75),
    ]
    aims = [
        *bottle_aims(walls, pieces, "button", 0.14 * height, 0.92 * shoulder),
        Aim(15, LID, path[-1]),
    ]
    return Assembly(pieces, aims)


def _hull(sections: list[tuple[float, float, float, float]]) -> Surface:
    """A skin over upright sections along z, each (z, middle height, width, height)."""
    rings = []
    for z, y, width, height in sections:
        outline = superellipse(width, height, 3.5, 24)
        rings.append(np.stack([outline[:, 0], y + outline[:, 1], np.full(24, z)], axis=1))
    return loft(np.stack(rings))

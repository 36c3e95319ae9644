"""Kinds of bottles with a handle: detergent, and jugs of earthenware. Each function builds one bottle."""

import numpy as np

from pipeline.synthetic.bottle.closures import screw_cap
from pipeline.synthetic.bottle.parts import (
    GLASS,
    HANDLE,
    JUG_BODY,
    JUG_HANDLE,
    NO_PART,
    Walls,
    bottle_aims,
    label_aim,
    label_pieces,
    wall_aims,
    wall_pieces,
)
from pipeline.synthetic.bottle.sections import Section, around, at, blend, foot, round_section, skin, sticker
from pipeline.synthetic.pieces import Aim, Assembly, Piece
from pipeline.synthetic.primitives import revolved, rounded, tube


def detergent(rng: np.random.Generator) -> Assembly:
    """A flat bottle of detergent: its upper part stands to the left, to make room for a handle on the right."""
    height, width, depth = rng.uniform(0.22, 0.26), rng.uniform(0.15, 0.18), rng.uniform(0.075, 0.09)
    shoulder, upper = rng.uniform(0.44, 0.5) * height, 0.8 * height
    wall = Section(0.0, width, depth, 4.0)
    column = Section(upper, 0.42 * width, 0.85 * depth, 2.6, -0.24 * width)
    start = Section(0.93 * height, 0.05, 0.05, 2.0, column.x)
    neck = [start, Section(height, 0.05, 0.05, 2.0, column.x)]
    body = [
        *foot(wall, 0.012),
        *blend(Section(shoulder, width, depth, 4.0), column, 9, 0.85),
        *blend(column, start, 5)[1:],
    ]
    walls = Walls(tuple(body), tuple(neck), shoulder, start.y + 0.006)
    inner, outer = column.x + 0.15 * width, 0.42 * width
    ends = np.array([[inner, 0.86 * height, 0.0], [outer, 0.8 * height, 0.0], [outer, 0.97 * shoulder, 0.0]])
    handle = tube(rounded(ends, 0.045, 9), 0.0125, 16, 1.2)
    pieces = [
        *wall_pieces(walls, "plastic"),
        Piece("handle", handle, "plastic", HANDLE, (*GLASS, "body_handle")),
        screw_cap(start.y + 0.006, 0.032, rng.uniform(0.04, 0.055), column.x),
        *label_pieces(walls, 0.1 * height, 0.97 * shoulder, 0.78),
    ]
    aims = [
        *bottle_aims(walls, pieces, "cap", 0.1 * height, 0.97 * shoulder),
        Aim(13, HANDLE, np.array([column.x + 0.22 * width, 0.87 * height, 0.0])),
        Aim(14, HANDLE, np.array([outer + 0.01, shoulder, 0.0])),
    ]
    return Assembly(pieces, aims)


def jug(rng: np.random.Generator) -> Assembly:
    """An earthenware jug with an open mouth: a small ear at the neck, or a large handle down to the belly."""
    height, radius, ear = rng.uniform(0.2, 0.27), rng.uniform(0.065, 0.085), bool(rng.random() < 0.5)
    thin = 0.26 * radius if ear else 0.5 * radius
    shoulder, start = (0.62, 0.86) if ear else (0.45, 0.8)
    neck = [
        round_section(start * height, 1.1 * thin),
        round_section(0.94 * height, thin),
        round_section(height, 1.1 * thin),
    ]
    low = round_section(0.004, (0.95 if ear else 0.68) * radius)
    belly = round_section(shoulder * height, radius)
    body = [
        round_section(0.0, 0.5 * low.width - 0.004),
        *blend(low, belly, 6, 0.6),
        *blend(belly, neck[0], 9, 0.95)[1:],
    ]
    walls = Walls(tuple(body), tuple(neck), shoulder * height, height - 0.016)
    rim = [
        (neck[0].y - 0.002, 1.1 * thin),
        (0.94 * height, thin),
        (height - 0.016, 1.06 * thin),
        (height - 0.012, 1.3 * thin),
        (height - 0.002, 1.3 * thin),
        (height, 1.22 * thin),
        (height - 0.001, 0.92 * thin),
        (height - 0.03, 0.8 * thin),
    ]
    high, reach = (0.93 * height, 1.9 * thin + 0.02) if ear else (0.92 * height, radius + 0.025)
    touch = 0.78 if ear else 0.36
    end = at(walls.body, touch * height)
    out = 0.5 * end.width
    path = np.array(
        [
            [0.9 * thin, high, 0.0],
            [reach, high + 0.006, 0.0],
            [max(reach, out + 0.03), (0.5 * touch + 0.45) * height, 0.0],
            [out - 0.006, touch * height, 0.0],
        ]
    )
    handle = tube(rounded(path, 0.02 if ear else 0.03, 7), 0.0075 if ear else 0.0095, 14, 1.5)
    pieces = [
        Piece("body", skin(walls.body, walls.mouth), "clay", JUG_BODY, ("jug", "body")),
        Piece("mouth", around(revolved(rim, "y", 40), 0.0, walls.mouth), "clay", NO_PART, ("jug", "mouth")),
        Piece("handle", handle, "glaze", JUG_HANDLE, ("jug", "body_handle")),
        Piece("front label", sticker(walls.body, 0.24 * height, 0.5 * height, 0.5), "front", JUG_BODY, ("jug", "body")),
    ]
    aims = [
        *wall_aims(walls, JUG_BODY),
        label_aim(walls, 0.24 * height, 0.5 * height, JUG_BODY),
        Aim(13, JUG_HANDLE, np.array([1.2 * thin, high + 0.01, 0.0])),
        Aim(14, JUG_HANDLE, np.array([out, touch * height - 0.005, 0.0])),
    ]
    return Assembly(pieces, aims)

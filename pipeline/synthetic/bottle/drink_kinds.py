"""Kinds of bottles for drinks: wine, beer, soda, whisky, and a flask. Each function builds one bottle."""

from dataclasses import replace

import numpy as np

from pipeline.synthetic.bottle.closures import CAP, cork, crown, foil, lip, screw_cap
from pipeline.synthetic.bottle.parts import (
    BODY,
    LABEL,
    LID,
    Walls,
    bottle_aims,
    label_pieces,
    wall_pieces,
)
from pipeline.synthetic.bottle.sections import Section, at, blend, foot, round_section, side, sleeve, sticker
from pipeline.synthetic.pieces import Aim, Assembly, Piece
from pipeline.synthetic.primitives import revolved, rounded, tube


def wine(rng: np.random.Generator) -> Assembly:
    """A wine bottle: high shoulders or sloping ones, under a cork or a capsule of foil."""
    height, radius, thin = rng.uniform(0.29, 0.33), rng.uniform(0.036, 0.043), rng.uniform(0.0135, 0.0155)
    high = bool(rng.random() < 0.55)
    shoulder, start = (0.6, 0.72) if high else (0.42, 0.74)
    wall = round_section(0.0, radius)
    neck = [round_section(start * height, 1.12 * thin), round_section(0.82 * height, thin), round_section(height, thin)]
    body = [*foot(wall, 0.004), *blend(round_section(shoulder * height, radius), neck[0], 9, 1.25 if high else 0.8)]
    capped = bool(rng.random() < 0.5)
    closed = height - (0.055 if capped else 0.011)
    walls = Walls(tuple(body), tuple(neck), shoulder * height, closed)
    pieces = [*wall_pieces(walls), lip(height, thin + 0.0028, 0.011)]
    pieces.append(foil(neck, height, 0.055) if capped else cork(height, 0.0105, rng.uniform(0.012, 0.02)))
    low, top = 0.12 * height, (shoulder - (rng.uniform(0.04, 0.16) if high else 0.02)) * height
    pieces += label_pieces(walls, low, top, rng.uniform(1.0, 1.3))
    return Assembly(pieces, bottle_aims(walls, pieces, pieces[3].name, low, top))


def beer(rng: np.random.Generator) -> Assembly:
    """A beer bottle: a long neck or a stubby one, a label on it too, and a crown cap."""
    stubby = bool(rng.random() < 0.35)
    height, radius = (
        (rng.uniform(0.17, 0.19), 0.037) if stubby else (rng.uniform(0.22, 0.25), rng.uniform(0.029, 0.033))
    )
    thin, start = 0.0135, 0.74 if stubby else 0.68
    shoulder = rng.uniform(0.5, 0.56)
    neck = [round_section(start * height, 1.3 * thin), round_section(0.9 * height, thin), round_section(height, thin)]
    body = [
        *foot(round_section(0.0, radius), 0.004),
        *blend(round_section(shoulder * height, radius), neck[0], 9, rng.uniform(0.8, 1.1)),
    ]
    walls = Walls(tuple(body), tuple(neck), shoulder * height, height - 0.011)
    low, top = 0.12 * height, (shoulder - 0.04) * height
    pieces = [*wall_pieces(walls), lip(height, thin + 0.0025, 0.011), crown(height, thin + 0.0008)]
    pieces += label_pieces(walls, low, top, rng.uniform(1.1, 1.45))
    if not stubby:
        band = sleeve(neck, neck[0].y + 0.004, 0.86 * height, 0.0007)
        pieces.append(Piece("neck label", band, "band", BODY, LABEL))
    return Assembly(pieces, bottle_aims(walls, pieces, "crown cap", low, top))


def soda(rng: np.random.Generator) -> Assembly:
    """A soda bottle: a waist between fluted hips and a round chest, a wrapper around it, and a screw cap."""
    height, radius, thin = rng.uniform(0.23, 0.3), rng.uniform(0.034, 0.04), 0.0125
    hips, waist, chest = rng.uniform(0.14, 0.2), rng.uniform(0.36, 0.42), rng.uniform(0.6, 0.66)
    narrow, groove = rng.uniform(0.74, 0.82), rng.uniform(0.02, 0.05)
    neck = [round_section(0.88 * height, 1.1 * thin), round_section(0.9 * height, thin), round_section(height, thin)]
    middle = round_section(waist * height, narrow * radius, 0.5 * groove)
    low, top = (waist + 0.04) * height, (chest + 0.06) * height
    smooth = [round_section(chest * height, radius)]
    body = [
        round_section(0.0, 0.78 * radius),
        *blend(round_section(0.004, 0.88 * radius), round_section(hips * height, radius, groove), 4, 0.7),
        *blend(round_section(hips * height, radius, groove), middle, 6)[1:],
        *blend(middle, smooth[0], 7)[1:],
        *blend(smooth[0], neck[0], 9, 0.95)[1:],
    ]
    walls = Walls(tuple(body), tuple(neck), chest * height, height - 0.018)
    band = sleeve(walls.body, low, top, 0.001)
    pieces = [*wall_pieces(walls), Piece("label", band, "band", BODY, LABEL)]
    ring = revolved(
        [(height - 0.022, thin), (height - 0.0205, 0.0165), (height - 0.019, 0.0165), (height - 0.0175, thin)], "y", 28
    )
    pieces.append(Piece("cap ring", ring, "lid", LID, CAP))
    pieces.append(screw_cap(height - 0.017, 0.0152, 0.0185))
    at_waist = at(walls.body, waist * height)
    aims = bottle_aims(walls, pieces, "cap", low, top)
    aims += [Aim(18, BODY, side(at_waist, -1.0, 0.0)), Aim(19, BODY, side(at_waist, 1.0, 0.0))]
    return Assembly(pieces, aims)


def whisky(rng: np.random.Generator) -> Assembly:
    """A whisky bottle: a square or oblong body, a short neck, a stopper with a broad head."""
    height, width = rng.uniform(0.14, 0.19), rng.uniform(0.078, 0.098)
    depth, power = width * float(rng.choice([1.0, 0.62, 0.75])), rng.uniform(6.0, 11.0)
    thin, rise = rng.uniform(0.0145, 0.017), rng.uniform(0.025, 0.045)
    wall = Section(0.0, width, depth, power)
    start = Section(height + rise, 2.0 * thin, 2.0 * thin)
    neck = [start, round_section(start.y + rng.uniform(0.012, 0.035), thin)]
    body = [*foot(wall, 0.006), *blend(Section(height, width, depth, power), start, 9, rng.uniform(0.75, 1.1))]
    mouth = neck[-1].y
    walls = Walls(tuple(body), tuple(neck), height, mouth - 0.006)
    head = rng.uniform(0.016, 0.024)
    profile = [
        (mouth, 1.1 * head),
        (mouth + 0.003, 1.15 * head),
        (mouth + 0.8 * head, 1.15 * head),
        (mouth + head, head),
    ]
    pieces = [*wall_pieces(walls), lip(mouth, thin + 0.003, 0.007)]
    pieces.append(Piece("stopper", revolved(profile, "y", 28), "cork" if rng.random() < 0.4 else "lid", LID, CAP))
    low, top = rng.uniform(0.12, 0.25) * height, rng.uniform(0.78, 0.9) * height
    pieces += label_pieces(walls, low, top, 0.6)
    return Assembly(pieces, bottle_aims(walls, pieces, "stopper", low, top))


def flask(rng: np.random.Generator) -> Assembly:
    """A hip flask: flat, hollow towards the rear, bound in leather, its cap on a hinge."""
    height, width, depth = rng.uniform(0.105, 0.13), rng.uniform(0.085, 0.1), rng.uniform(0.026, 0.034)
    wall, top, thin = Section(0.0, width, depth, 3.0), Section(0.8 * height, width, depth, 3.0), 0.0105
    start = Section(height, 2.0 * thin, 2.0 * thin)
    body = [*foot(wall, 0.006), *blend(top, start, 9, rng.uniform(1.2, 1.7))]
    neck = [start, round_section(height + 0.008, thin)]
    walls = Walls(tuple(body), tuple(neck), 0.8 * height, height + 0.006)
    low, high = rng.uniform(0.05, 0.16) * height, rng.uniform(0.62, 0.8) * height
    binding = sleeve(walls.body, low, high, 0.0012)
    pieces = [
        *(_bent(piece) for piece in wall_pieces(walls, "metal")),
        _bent(Piece("binding", binding, "leather", BODY, LABEL)),
        _bent(Piece("badge", sticker(_grown(walls.body), 0.3 * height, 0.52 * height, 0.32), "front", BODY, LABEL)),
        screw_cap(height + 0.003, 0.0135, rng.uniform(0.014, 0.019)),
    ]
    arm = rounded(
        np.array([[0.011, height + 0.008, 0.0], [0.019, height + 0.007, 0.0], [0.02, 0.94 * height, 0.0]]), 0.005
    )
    pieces.append(Piece("hinge", tube(arm, 0.0024, 8), "lid", LID, CAP))
    return Assembly(pieces, bottle_aims(walls, pieces, "cap", 0.3 * height, 0.52 * height))


def _grown(sections: tuple[Section, ...]) -> list[Section]:
    """The wall outside a binding."""
    return [replace(s, width=s.width + 0.0024, depth=s.depth + 0.0024) for s in sections]


def _bent(piece: Piece) -> Piece:
    """The piece with its sides drawn to the rear, as a hip flask lies on a hip."""
    vertices = piece.surface.vertices.copy()
    vertices[:, 2] += 5.0 * vertices[:, 0] ** 2
    return replace(piece, surface=replace(piece.surface, vertices=vertices))

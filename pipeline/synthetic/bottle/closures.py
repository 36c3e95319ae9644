"""Corks, foil and caps of made-up bottles. Each stands on the neck's axis; heights are above the floor."""

import numpy as np

from pipeline.synthetic.bottle.parts import GLASS, LID, NO_PART
from pipeline.synthetic.bottle.sections import Section, round_section, skin
from pipeline.synthetic.pieces import Piece
from pipeline.synthetic.primitives import loft, revolved
from pipeline.synthetic.surfaces import Surface, moved

CLOSURE, CAP, MOUTH = (*GLASS, "closure"), (*GLASS, "lid"), (*GLASS, "mouth")


def lip(mouth: float, radius: float, height: float, material: str = "glass") -> Piece:
    """A ring around the neck's upper end."""
    levels = ((-height, 0.0), (-0.9 * height, 1.0), (-0.2 * height, 1.0), (0.001, 0.6))
    sections = [round_section(mouth + y, radius * (0.8 + 0.2 * grow)) for y, grow in levels]
    return Piece("mouth", skin(sections, mouth), material, NO_PART, MOUTH)


def cork(mouth: float, radius: float, height: float) -> Piece:
    """A cork that stands out of the mouth."""
    profile = [(mouth - 0.004, 0.94 * radius), (mouth + 0.85 * height, radius), (mouth + height, 0.9 * radius)]
    return Piece("cork", revolved(profile, "y", 24), "cork", NO_PART, CLOSURE)


def foil(neck: list[Section], mouth: float, length: float) -> Piece:
    """A capsule over the lip and the neck below it."""
    low, radius = mouth - length, 0.5 * neck[0].width
    wide = 0.5 * max(section.width for section in neck[-2:]) + 0.0035
    profile = [
        (low, radius + 0.0012), (mouth - 0.014, 0.5 * neck[-1].width + 0.0018), (mouth - 0.011, wide),
        (mouth, wide), (mouth + 0.002, 0.8 * wide),
    ]  # fmt: skip
    return Piece("foil", revolved(profile, "y", 28), "lid", LID, CAP)


def crown(mouth: float, radius: float) -> Piece:
    """A crown cap: a skirt of teeth under a flat top."""
    teeth = 21
    angle = 2.0 * np.pi * np.arange(2 * teeth) / (2 * teeth)
    rings = []
    for y, size, wave in ((-0.005, 1.14, 0.07), (-0.001, 1.06, 0.03), (0.0015, 0.95, 0.0), (0.0022, 0.8, 0.0)):
        reach = radius * (size + wave * np.cos(teeth * angle))
        rings.append(np.stack([reach * np.cos(angle), np.full(2 * teeth, mouth + y), reach * np.sin(angle)], axis=1))
    return Piece("crown cap", loft(np.stack(rings)), "lid", LID, CAP)


def screw_cap(bottom: float, radius: float, height: float, x: float = 0.0, name: str = "cap") -> Piece:
    """A ribbed cap."""
    return Piece(name, ribbed(bottom, radius, height, x), "lid", LID, CAP)


def ribbed(bottom: float, radius: float, height: float, x: float = 0.0) -> Surface:
    """A cylinder with upright ribs and a rounded upper edge, about the axis at `x`."""
    ribs = 22
    angle = 2.0 * np.pi * np.arange(2 * ribs) / (2 * ribs)
    rings = []
    for share, size, wave in ((0.0, 1.0, 0.03), (0.8, 1.0, 0.03), (0.95, 0.97, 0.0), (1.0, 0.88, 0.0)):
        reach = radius * (size - wave * (np.arange(2 * ribs) % 2))
        y = np.full(2 * ribs, bottom + share * height)
        rings.append(np.stack([reach * np.cos(angle), y, reach * np.sin(angle)], axis=1))
    return moved(loft(np.stack(rings)), (x, 0.0, 0.0))

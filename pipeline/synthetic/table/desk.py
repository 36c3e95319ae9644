"""A desk: drawers on one side or on both, panels or legs on the other, handles on every drawer.

PartNet's annotators could call it a desk or a regular table on a base of drawers; one is drawn. Merging makes both the
same but for level 1: no node of a desk is merged into `table_base`, so that what carries its top has no class.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.synthetic.pieces import Aim, Assembly, Piece
from pipeline.synthetic.primitives import leg, revolved, rounded, tube
from pipeline.synthetic.surfaces import Surface, moved
from pipeline.synthetic.table.boards import board, box, rounded_rectangle
from pipeline.synthetic.table.parts import BASE, NO_PART, TOP, Board, foot_aims, top_aims

PANEL = 0.018  # thickness of sides and backs
GAP = 0.008  # between drawers


@dataclass(frozen=True)
class DeskNames:
    """An annotator's names: how the paths of a desk's pieces begin, and the label of what carries the top."""

    top: tuple[str, ...]
    drawers: tuple[str, ...]
    label: int

    def piece(self, name: str, surface: Surface, material: str, *leaf: str) -> Piece:
        """A piece of what carries the top; `leaf` is the end of its path."""
        return Piece(name, surface, material, self.label, (*self.drawers, *leaf))


DESK_NAMES = (
    DeskNames(("desk", "tabletop"), ("desk", "drawer_base"), NO_PART),
    DeskNames(("regular_table", "tabletop"), ("regular_table", "table_base", "drawer_base"), BASE),
)


def desk(rng: np.random.Generator) -> Assembly:
    """A desk whose drawers open to the front, -Z, where the sitter is."""
    top = Board(rng.uniform(1.15, 1.55), rng.uniform(0.58, 0.72), rng.uniform(0.73, 0.77), rng.uniform(0.025, 0.04))
    sides = {"both": (-1.0, 1.0), "left": (-1.0,), "right": (1.0,)}[str(rng.choice(["both", "left", "right"]))]
    names = DESK_NAMES[int(rng.integers(len(DESK_NAMES)))]
    width, count = rng.uniform(0.34, 0.42), int(rng.integers(2, 5))
    x, z = 0.5 * top.width - 0.03, 0.5 * top.depth - 0.035
    outline = rounded_rectangle(top.width, top.depth, rng.uniform(0.008, 0.04))
    pieces = [
        Piece("top", board(outline, top.height, top.thickness), "wood", TOP, (*names.top, "tabletop_surface", "board"))
    ]
    lift, knob = float(rng.choice([0.0, 0.06])), bool(rng.random() < 0.5)
    for side in (-1.0, 1.0):
        name = "left" if side < 0 else "right"
        low, high = (-x, -x + width) if side < 0 else (x - width, x)
        if side in sides:
            pieces += _tower(names, name, low, high, z, lift, top.under, count, knob)
        else:
            pieces += _end(names, name, side * x, z, top.under, panel=bool(rng.random() < 0.5))
    inner = [-x + width if -1.0 in sides else -x + 0.01, x - width if 1.0 in sides else x - 0.01]
    back = box((inner[0] - 0.005, 0.35 * top.under, z - 2.0 * PANEL), (inner[1] + 0.005, top.under + 0.002, z - PANEL))
    pieces.append(names.piece("back panel", back, "second", "back_panel:middle"))
    aims = [*top_aims(top, TOP), *foot_aims(x, z, names.label)]
    for side in sides:
        at = np.array([side * (x - 0.5 * width), top.under - 0.5 * _step(lift, top.under, count), -z - 0.2])
        aims.append(Aim(22 if side < 0 else 23, names.label, at))
    return Assembly(pieces, aims)


def _step(lift: float, under: float, count: int) -> float:
    """The height of one drawer with its gap."""
    return (under - lift - PANEL) / count


def _tower(
    names: DeskNames, name: str, low: float, high: float, z: float, lift: float, under: float, count: int, knob: bool
) -> list[Piece]:
    """A case of sides, back and bottom with `count` drawers; `lift` is the height of feet below it, 0 for none."""
    head, front = under + 0.002, -z + 0.02
    pieces = [
        names.piece(f"{name} {where} side", box(first, last), "second", f"vertical_side_panel:{name} {where}")
        for where, first, last in (
            ("left", (low, lift, front), (low + PANEL, head, z)),
            ("right", (high - PANEL, lift, front), (high, head, z)),
        )
    ]
    back = box((low + 0.5 * PANEL, lift, z - PANEL), (high - 0.5 * PANEL, head, z - 0.002))
    bottom = box((low + 0.5 * PANEL, lift, front), (high - 0.5 * PANEL, lift + PANEL, z - 0.5 * PANEL))
    pieces += [
        names.piece(f"{name} case back", back, "second", f"back_panel:{name}"),
        names.piece(f"{name} case bottom", bottom, "second", f"bottom_panel:{name}"),
    ]
    if lift:
        for number, (x, along) in enumerate(((low, front), (high, front), (low, z), (high, z))):
            spot = np.array([x + (0.026 if x == low else -0.026), 0.0, along - np.sign(along) * 0.026])
            foot = leg(spot, spot + np.array([0.0, lift + 0.004, 0.0]), 0.016, 0.024, 16)
            pieces.append(names.piece(f"{name} foot {number}", foot, "metal", f"foot:{name} {number}"))
    step, middle = _step(lift, under, count), 0.5 * (low + high)
    for number in range(count):
        top = under - number * step - 0.5 * GAP
        face = box((low + 0.004, top - step + GAP, -z), (high - 0.004, top, front + 0.002), 0.004)
        drawer = f"drawer:{name} {number}"
        at = (middle, top - 0.5 * (step - GAP), -z)
        pull = moved(_knob() if knob else _grip(0.5 * (high - low)), at)
        pieces += [
            names.piece(f"{name} drawer {number}", face, "accent", drawer, "drawer_box", "drawer_front"),
            names.piece(f"{name} handle {number}", pull, "metal", drawer, "handle"),
        ]
    return pieces


def _end(names: DeskNames, name: str, x: float, z: float, under: float, panel: bool) -> list[Piece]:
    """The side without drawers: a panel down to the floor, or two legs."""
    if panel:
        inside = x - np.sign(x) * 2.0 * PANEL
        surface = box((min(x, inside), 0.0, -z + 0.02), (max(x, inside), under + 0.002, z))
        return [names.piece(f"{name} panel", surface, "second", f"vertical_side_panel:{name}")]
    pieces = []
    for where, along in (("front", -z + 0.04), ("rear", z - 0.025)):
        spot = np.array([x - np.sign(x) * 0.025, 0.0, along])
        surface = leg(spot, spot + np.array([0.0, under + 0.002, 0.0]), 0.018, 0.025, 4)
        pieces.append(names.piece(f"{name} {where} leg", surface, "second", f"leg:{name} {where}"))
    return pieces


def _knob() -> Surface:
    return revolved([(0.004, 0.009), (-0.014, 0.009), (-0.018, 0.02), (-0.03, 0.022), (-0.037, 0.012)], "z", 16)


def _grip(width: float) -> Surface:
    half = 0.5 * width
    path = rounded(
        np.array([[-half, 0.0, 0.004], [-half, 0.0, -0.032], [half, 0.0, -0.032], [half, 0.0, 0.004]]), 0.02, 4
    )
    return tube(path, 0.007, 8)

"""A desk: drawers on one side or on both, panels or legs on the other, handles on every drawer.

PartNet's annotators could call it a desk or a regular table on a base of drawers. Merging makes both the same but for
level 1: no node of a desk is merged into `table_base`, so that what carries its top has no class.
"""

import numpy as np

from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import box, corners, leg, revolved, rounded, tube
from pipeline.synthetic.kernel.surface import Point
from pipeline.synthetic.table.top import Top, board

PANEL = 0.018  # thickness of sides and backs
GAP = 0.008  # between drawers
KNOB = [(0.004, 0.009), (-0.014, 0.009), (-0.018, 0.02), (-0.03, 0.022), (-0.037, 0.012)]


def build_desk(table: Builder, top: Top) -> None:
    """A desk whose drawers open to the front, -Z, where the sitter is."""
    called, on = table["drawers"].called, table["drawers"].sides
    base, part = (f"{called}/drawer_base", "") if called == "desk" else (f"{called}/table_base/drawer_base", "base")
    x, z, width = top.x - 0.03, top.z - 0.035, table["drawers"].width
    table.add("top", board(table, top), "wood", f"{called}/tabletop/tabletop_surface/board")
    inner = []
    for first, name, side in ((22, "left", -1.0), (23, "right", 1.0)):
        if on in (name, "both"):
            inner.append(side * (x - width + 0.005))
            handle = _add_drawers(table, name, sorted((side * x, side * (x - width))), z, top.under, base)
            table.keypoint(first, part, handle)
        else:
            inner.append(side * (x - 0.005))
            _add_end(table, base, name, side * x, z, top.under, bool(table["drawers"].panel))
    back = box((inner[0], 0.35 * top.under, z - 2.0 * PANEL), (inner[1], top.under + 0.002, z - PANEL))
    table.add("back panel", back, "second", f"{base}/back_panel:middle")
    table.keypoint(9, part, *corners(x, 0.0, z))


def _add_drawers(table: Builder, name: str, ends: list[float], z: float, under: float, base: str) -> Point:
    """A case of sides, back and bottom between `ends` with its drawers; return a point before the uppermost handle."""
    drawers = table["drawers"]
    (low, high), lift, head, front = ends, drawers.lift, under + 0.002, -z + 0.02
    left, right = low + 0.5 * PANEL, high - 0.5 * PANEL
    for where, node, corner, opposite in (
        ("left side", f"vertical_side_panel:{name} left", (low, lift, front), (low + PANEL, head, z)),
        ("right side", f"vertical_side_panel:{name} right", (high - PANEL, lift, front), (high, head, z)),
        ("case back", f"back_panel:{name}", (left, lift, z - PANEL), (right, head, z - 0.002)),
        ("case bottom", f"bottom_panel:{name}", (left, lift, front), (right, lift + PANEL, z - 0.5 * PANEL)),
    ):
        table.add(f"{name} {where}", box(corner, opposite), "second", f"{base}/{node}")
    places = [(x, along) for along in (front + 0.026, z - 0.026) for x in (low + 0.026, high - 0.026)]
    for number, (x, along) in enumerate(places if lift else []):
        foot = leg((x, 0.0, along), (x, lift + 0.004, along), 0.016, 0.024, 16)
        table.add(f"{name} foot {number}", foot, "metal", f"{base}/foot:{name} {number}")
    half = 0.25 * (high - low)
    bends = [(-half, 0.0, 0.004), (-half, 0.0, -0.032), (half, 0.0, -0.032), (half, 0.0, 0.004)]
    handle = revolved(KNOB, "z", 16) if drawers.knobs else tube(rounded(bends, 0.02, 4), 0.007, 8)
    step, middle = (under - lift - PANEL) / drawers.count, 0.5 * (low + high)
    for number in range(int(drawers.count)):
        top = under - number * step - 0.5 * GAP
        face = box((low + 0.004, top - step + GAP, -z), (high - 0.004, top, front + 0.002), 0.004)
        drawer, at = f"{base}/drawer:{name} {number}", (middle, top - 0.5 * (step - GAP), -z)
        table.add(f"{name} drawer {number}", face, "accent", f"{drawer}/drawer_box/drawer_front")
        table.add(f"{name} handle {number}", handle.moved(at), "metal", f"{drawer}/handle")
    return middle, under - 0.5 * step, -z - 0.2


def _add_end(table: Builder, base: str, name: str, x: float, z: float, under: float, panel: bool) -> None:
    """The side without drawers: a panel down to the floor, or two legs."""
    if panel:
        surface = box((x, 0.0, -z + 0.02), (x - np.sign(x) * 2.0 * PANEL, under + 0.002, z))
        table.add(f"{name} panel", surface, "second", f"{base}/vertical_side_panel:{name}")
        return
    inner = x - np.sign(x) * 0.025
    for where, along in (("front", -z + 0.04), ("rear", z - 0.025)):
        surface = leg((inner, 0.0, along), (inner, under + 0.002, along), 0.018, 0.025, 4)
        table.add(f"{name} {where} leg", surface, "second", f"{base}/leg:{name} {where}")

"""Tables on four legs: dining table, coffee table, glass top on a metal frame."""

from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import corners, rounded, slab, tube
from pipeline.synthetic.table.top import GRAIN, LEGS, SURFACE, Top, add_legs, board, boards_around, rounded_rectangle

FRAME = "regular_table/tabletop/tabletop_frame"
SHELVES = "regular_table/table_base/shelving_base"


def build_dining(table: Builder, top: Top) -> None:
    """A rectangular or oval top with an apron on square, round or turned legs."""
    legs = table["legs"]
    inset, margin = 0.7 if top.oval else 1.0, legs.radius + legs.inset
    x, z = inset * top.x - margin, inset * top.z - margin
    table.add("top", board(table, top), "wood", f"{SURFACE}/board")
    add_legs(table, x, z, top.under + 0.003)
    for name, surface in boards_around(x, z, 0.011, top.under - legs.apron, top.under + 0.002):
        table.add(f"{name} apron", surface, "second", f"{FRAME}/bar:{name}")
    if legs.stretchers and legs.style != "turned":
        y, radius = legs.stretchers, 0.5 * legs.radius
        side = tube([(x, y, -z), (x, y, z)], radius, 4, texture_size=GRAIN)
        middle = tube([(-x, y, 0.0), (x, y, 0.0)], radius, 4, texture_size=GRAIN)
        table.add_pair("stretcher", side, "second", f"{LEGS}/bar_stretcher:{{side}}")
        table.add("middle stretcher", middle, "second", f"{LEGS}/bar_stretcher:middle")


def build_coffee(table: Builder, top: Top) -> None:
    """A low table with a shelf between its legs."""
    legs = table["legs"]
    inset = 0.3 * table["top"].corner + legs.radius + legs.inset
    x, z = top.x - inset, top.z - inset
    table.add("top", board(table, top), "wood", f"{SURFACE}/board")
    shelf = slab(rounded_rectangle(2 * x + 0.5 * legs.radius, 2 * z + 0.5 * legs.radius, 0.02), 0.02, 0.005, 0.0, GRAIN)
    table.add("shelf", shelf.moved((0.0, legs.shelf - 0.02, 0.0)), "accent", f"{SHELVES}/shelf")
    add_legs(table, x, z, top.under + 0.003, SHELVES)
    table.keypoint(14, "base", (0.0, legs.shelf, 0.0))


def build_glass(table: Builder, top: Top) -> None:
    """A sheet of glass on a frame of metal tubes, with splayed legs and crossed bars, or bent runners."""
    radius, reach = table["legs"].radius, table["legs"].reach
    inset, rim = 0.6 if top.oval else 0.84, top.under - radius + 0.001
    x, z = inset * top.x, inset * top.z
    table.add("top", board(table, top, 0.3), "glass", f"{SURFACE}/glass")
    table.add_pair("frame", tube([(x, rim, -z), (x, rim, z)], radius, 12), "metal", f"{FRAME}/bar:{{side}}")
    for name, along in (("front", -z), ("rear", z)):
        bar = tube([(-x, rim, along), (x, rim, along)], radius, 12)
        table.add(f"{name} frame", bar, "metal", f"{FRAME}/bar:{name}")
    if table["legs"].style == "runner":
        path = rounded([(x, rim, -z), (x, radius, -1.15 * z), (x, radius, 1.15 * z), (x, rim, z)], 0.07, 7)
        table.add_pair("runner", tube(path, radius, 12), "metal", f"{LEGS}/runner:{{side}}")
        table.keypoint(9, "base", *corners(x, 0.0, 1.15 * z - 0.07))
    else:
        add_legs(table, x, z, rim + 0.003)
        low = 0.2
        out = reach * (1.0 - low / rim)
        for name, turn in (("first", 1.0), ("second", -1.0)):
            across, along = x + out, turn * (z + out)
            bar = tube([(-across, low, -along), (across, low, along)], 0.6 * radius, 10)
            table.add(f"{name} cross bar", bar, "metal", f"{LEGS}/bar_stretcher:{name}")

"""Tables on stands: a round top on a pedestal, planks on trestles, and a picnic table with its benches."""

import numpy as np

from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import box, corners, leg, revolved, tube
from pipeline.synthetic.table.top import GRAIN, LEGS, SURFACE, Top, board, planks

BASE = "regular_table/table_base"
PICNIC, PICNIC_TABLE = "picnic_table", "picnic_table/regular_table"
COLUMN = [(0.0, 1.7), (0.1, 1.75), (0.16, 1.2), (0.2, 1.2), (0.24, 1.6), (0.3, 1.6), (0.34, 1.1), (0.6, 1.0)]


def build_pedestal(table: Builder, top: Top) -> None:
    """A round top on one column, which stands on a disc, a trumpet or four curved feet."""
    thin, foot = table["legs"].radius, table["legs"].style
    reach, claws = 2.0 * top.x * table["legs"].reach, foot == "claws"
    table.add("top", board(table, top, 0.4), "wood", f"{SURFACE}/board")
    shape = [(0.0, 1.6), (0.12, 1.2), (0.5, 1.0)] if foot == "trumpet" else COLUMN
    start = 0.1 if claws else 0.02
    profile = [*shape, (0.86, 1.0), (0.93, 1.9), (0.97, 3.6), (1.0, 3.8)]
    column = revolved(profile, "y", 28, top.under + 0.003 - start, thin).moved((0.0, start, 0.0))
    table.add("column", column, "second", f"{BASE}/{'star_leg_base' if claws else 'pedestal_base'}/central_support")
    if claws:
        path = [(0.0, 0.2, -0.5 * thin), (0.0, 0.19, -0.35 * reach), (0.0, 0.09, -0.72 * reach), (0.0, 0.03, -reach)]
        arm = tube(path, [0.04, 0.036, 0.03, 0.022], 14, 0.8)
        end = revolved([(0.0, 0.026), (0.008, 0.036), (0.03, 0.038), (0.048, 0.024)], "y", 18).moved((0.0, 0.0, -reach))
        for number in range(4):
            angle, node = (0.5 * number + 0.25) * np.pi, f"{BASE}/star_leg_base/star_leg_set/leg:{number}"
            table.add(f"claw {number}", arm.turned("y", angle), "second", node)
            table.add(f"claw end {number}", end.turned("y", angle), "metal", node)
    else:
        disc = [(0.0, reach), (0.012, reach), (0.022, 0.95 * reach), (0.035, 2.2 * thin)]
        if foot == "trumpet":
            disc = [(0.0, reach), (0.008, reach), (0.03, 0.8 * reach), (0.07, 0.42 * reach), (0.14, 1.5 * thin)]
        table.add("pedestal", revolved(disc, "y", 36), "second", f"{BASE}/pedestal_base/pedestal")
    table.keypoint(9, "base", *corners(reach * np.sqrt(0.5), 0.0, reach * np.sqrt(0.5)))
    table.keypoint(13, "base", (0.0, 0.5 * top.height, -0.2))


def build_trestle(table: Builder, top: Top) -> None:
    """Planks on two trestles, crossed or upright, and a beam between these."""
    legs = table["legs"]
    for number, low, high in planks(-top.z, top.z, int(table["top"].planks), 0.006):
        material = "accent" if table["top"].two_tone and number % 2 else "wood"
        plank = box((-top.x, top.under, low), (top.x, top.height, high), 0.006)
        table.add(f"plank {number}", plank, material, f"{SURFACE}/board:{number}")
    x, foot = top.x * (1.0 - 2.0 * legs.inset), 0.84 * top.z
    (_add_crossed if legs.style == "crossed" else _add_upright)(table, top, x, foot, legs.radius)
    table.keypoint(9, "base", *corners(x, 0.0, foot))


def _add_crossed(table: Builder, top: Top, x: float, foot: float, radius: float) -> None:
    """Two bars that cross on each side, cleats under the planks, a beam through the crossings, held by wedges."""
    for lean, z in (("forward", foot), ("backward", -foot)):
        surface = leg((x, 0.0, z), (x, top.under - 0.02, -0.85 * z), radius, radius, 4)
        table.add_pair(f"{lean} leg", surface, "second", f"{LEGS}/leg:{{side}} {lean}")
    reach, height = 0.88 * top.z, (top.under - 0.02) / 1.85  # the bars cross at that height
    cleat = box((x - 0.035, top.under - 0.045, -reach), (x + 0.035, top.under + 0.002, reach))
    wedge = box((x + 0.045, height - 0.08, -0.018), (x + 0.075, height + 0.08, 0.018))
    beam = tube([(-x - 0.1, height, 0.0), (x + 0.1, height, 0.0)], 0.8 * radius, 4, texture_size=GRAIN)
    table.add_pair("cleat", cleat, "second", f"{LEGS}/tabletop_connector:{{side}}")
    table.add_pair("wedge", wedge, "second", f"{LEGS}/bar_stretcher:{{side}} wedge")
    table.add("beam", beam, "second", f"{LEGS}/bar_stretcher")


def _add_upright(table: Builder, top: Top, x: float, foot: float, radius: float) -> None:
    """On each side a board on edge between a foot and a cleat, and a beam through both boards."""
    post, height, low = 0.7 * radius, 0.45 * top.under, top.under - 0.06
    for name, surface, node in (
        ("foot", box((x - radius, 0.0, -foot), (x + radius, 0.08, foot), 0.012), "foot"),
        ("post", box((x - post, 0.07, -0.16), (x + post, top.under - 0.05, 0.16)), "leg"),
        ("cleat", box((x - radius, low, -foot), (x + radius, top.under + 0.002, foot)), "tabletop_connector"),
    ):
        table.add_pair(name, surface, "second", f"{LEGS}/{node}:{{side}}")
    beam = box((-x - 0.12, height, -0.02), (x + 0.12, height + 0.11, 0.02))
    table.add("beam", beam, "second", f"{LEGS}/bar_stretcher")


def build_picnic(table: Builder, top: Top) -> None:
    """Planks on slanting legs, and a bench on either side, carried by beams between the legs."""
    bench, legs = table["bench"], f"{PICNIC_TABLE}/table_base/regular_leg_base"
    x, seat, away = top.x - table["legs"].inset, bench.height, top.z + bench.away
    for number, low, high in planks(-top.z, top.z, int(table["top"].planks), 0.018):
        plank = box((-top.x, top.under, low), (top.x, top.height, high), 0.006)
        table.add(f"plank {number}", plank, "wood", f"{PICNIC_TABLE}/tabletop/tabletop_surface")
    for first, name, z in ((18, "front", -away), (20, "rear", away)):
        for number, low, high in planks(z - 0.5 * bench.depth, z + 0.5 * bench.depth, 2, 0.018):
            plank = box((-top.x, seat - 0.04, low), (top.x, seat, high), 0.006)
            table.add(f"{name} bench plank {number}", plank, "accent", f"{PICNIC}/bench:{name}")
        table.keypoint(first, "bench", (-top.x, seat, z), (top.x, seat, z))
    foot, reach, outer = top.z + 0.2, away + 0.42 * bench.depth, (x - 0.015, x + 0.06)
    for name, way in (("front", -1.0), ("rear", 1.0)):
        surface = leg((x, 0.0, way * foot), (x, top.under - 0.005, 0.6 * way * top.z), 0.045, 0.045, 4)
        table.add_pair(f"{name} leg", surface, "second", f"{legs}/leg:{{side}} {name}")
    cleat = box((outer[0], top.under - 0.085, -0.92 * top.z), (outer[1], top.under + 0.002, 0.92 * top.z), 0.006)
    beam = box((outer[0], seat - 0.135, -reach), (outer[1], seat - 0.038, reach), 0.006)
    brace = tube([(x - 0.02, seat - 0.1, 0.0), (0.12 * x, top.under - 0.01, 0.0)], 0.022, 4, texture_size=GRAIN)
    middle = box((-0.15, top.under - 0.05, -0.92 * top.z), (0.15, top.under + 0.002, 0.92 * top.z), 0.006)
    table.add_pair("cleat", cleat, "second", f"{legs}/leg:{{side}} cleat")
    table.add_pair("beam", beam, "second", f"{PICNIC}/bench_connector:{{side}}")
    table.add_pair("brace", brace, "second", f"{legs}/leg:{{side}} brace")
    table.add("middle cleat", middle, "second", f"{legs}/leg:middle cleat")
    table.keypoint(9, "picnic base", *corners(x, 0.0, foot))

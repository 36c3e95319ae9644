"""Tables to play on: ping-pong and pool."""

import numpy as np

from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.solids import box, panel, points, revolved, tube
from pipeline.synthetic.kernel.surface import Surface
from pipeline.synthetic.table.top import Top, add_legs, boards_around

PING_PONG, POOL = "game_table/ping_pong_table", "game_table/pool_table"


def build_ping_pong(table: Builder, top: Top) -> None:
    """Two halves with white lines, a net between them, two folding frames of metal."""
    radius, legs = table["legs"].radius, f"{PING_PONG}/table_base/regular_leg_base"
    for name, side in (("left", -1.0), ("right", 1.0)):
        half = box((side * 0.004, top.under, -top.z), (side * top.x, top.height, top.z), 0.006)
        uv = half.vertices[:, [0, 2]] / (2.0 * np.array([top.x, top.z])) + 0.5  # one picture over both halves
        table.add(f"{name} half", half.mapped(uv), "court", f"{PING_PONG}/tabletop/tabletop_surface")
    _add_net(table, top)
    x, z = top.x * (1.0 - table["legs"].inset), 0.76 * top.z
    add_legs(table, x, z, top.under + 0.003, legs, "ping-pong base")
    for name, along in (("front", -z), ("rear", z)):
        brace = tube([(x, 0.45 * top.under, along), (0.08, top.under - 0.01, along)], 0.7 * radius, 12)
        table.add_pair(f"{name} brace", brace, "metal", f"{legs}/bar_stretcher:{{side}} {name}")
    cross = tube([(x, 0.2, -z), (x, 0.2, z)], 0.8 * radius, 12)
    table.add_pair("cross bar", cross, "metal", f"{legs}/bar_stretcher:{{side}}")


def _add_net(table: Builder, top: Top) -> None:
    """A sheet across the middle and its two posts, which are clamped to the table's edges."""
    path, rise, end = f"{PING_PONG}/ping_pong_net", table["net"].rise, top.z + table["net"].overhang
    rows = np.linspace(top.height + rise, top.height - 0.001, 5)[:, None]
    sheet = panel(points(0.0, rows, np.linspace(-end, end, 25)), 0.008, fitted=True)
    repeats = np.array([2.0 * end / rise, 1.0])  # meshes are square
    table.add("net", Surface(sheet.vertices, sheet.faces, sheet.uv * repeats), "net", path)
    for name, side in (("front", -1.0), ("rear", 1.0)):
        z, inner = side * end, side * (top.z - 0.06)
        post = tube([(0.0, top.under - 0.04, z), (0.0, top.height + rise + 0.01, z)], 0.016, 12)
        table.add(f"{name} net post", post, "dark", path)
        clamp = box((-0.03, top.under - 0.03, inner), (0.03, top.under + 0.001, z))
        table.add(f"{name} clamp", clamp, "dark", path)
    table.keypoint(15, "net", *points(0.0, top.height + rise + 0.02, [-end, end, 0.0]))


def build_pool(table: Builder, top: Top) -> None:
    """A bed of cloth between wooden rails with six pockets, four stout legs, balls on the cloth."""
    rail, deep = table["bed"].rail, table["bed"].deep
    x, z, bed = top.x, top.z, top.height - 0.035
    surface, inner = f"{POOL}/tabletop/tabletop_surface", 0.6 * rail
    cloth = box((inner - x, top.height - deep, inner - z), (x - inner, bed, z - inner))
    table.add("bed", cloth, "cloth", surface)
    for name, side in boards_around(x - 0.5 * rail, z - 0.5 * rail, 0.5 * rail, top.height - deep, top.height, 0.015):
        table.add(f"{name} rail", side, "wood", f"{POOL}/tabletop/tabletop_frame/bar:{name}")
    nose = rail - 0.01 + 0.0175
    for name, side in boards_around(x - nose, z - nose, 0.0175, bed - 0.005, top.height - 0.004, 0.008):
        table.add(f"{name} cushion", side, "cloth", surface)
    mouth = revolved([(top.height - 0.03, 0.07), (top.height + 0.004, 0.07), (top.height + 0.006, 0.062)], "y", 16)
    for number, (across, along) in enumerate([(across, along) for along in (-1, 1) for across in (-1, 0, 1)]):
        pocket = mouth.moved((across * (x - 0.75 * rail), 0.0, along * (z - 0.75 * rail)))
        table.add(f"pocket {number}", pocket, "dark", surface)
    margin = 1.6 * table["legs"].radius
    legs = f"{POOL}/table_base/regular_leg_base"
    add_legs(table, x - margin, z - margin, top.height - deep + 0.02, legs, "pool base")
    _add_balls(table, bed, 0.44 * x, table["bed"].white)


def _add_balls(table: Builder, bed: float, spot: float, white: float) -> None:
    """A triangle of six and the white ball on the cloth, larger than life, or no pixel would see them."""
    radius, angle = 0.038, np.linspace(0.06, np.pi - 0.06, 6)
    ball = revolved(np.stack([-np.cos(angle), np.sin(angle)], axis=1), "y", 10, radius, radius)
    places = [(spot + 1.75 * radius * row, 2.0 * radius * (k - 0.5 * row)) for row in range(3) for k in range(row + 1)]
    for number, (x, z) in enumerate([*places, (-1.4 * spot, white)]):
        material = f"ball {number % 3 if number < len(places) else 3}"
        table.add(f"ball {number}", ball.moved((x, bed + radius - 0.001, z)), material, f"{POOL}/pool_ball:{number}")

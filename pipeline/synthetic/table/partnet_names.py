"""PartNet's names of a table's parts: the published tables, as far as made-up tables need them."""

from pipeline.synthetic.partnet_names import PartNetNames, kept, renamed

_TOP, _BASE = "regular_table/tabletop", "regular_table/table_base"
_DRAWERS = f"{_BASE}/drawer_base"
_IN_DRAWERS = (
    "drawer",
    "drawer/drawer_box",
    "drawer/drawer_box/drawer_front",
    "drawer/handle",
    "back_panel",
    "vertical_side_panel",
    "bottom_panel",
    "leg",
    "foot",
)
# Raw path -> merged path, below the root. A desk becomes a regular table whose base holds the drawers.
_MERGED = {
    **kept("regular_table"),
    **kept(_TOP, "tabletop_surface", "tabletop_surface/board", "tabletop_surface/glass"),
    **kept(f"{_TOP}/tabletop_frame", "bar"),
    **kept(_BASE),
    **kept(
        f"{_BASE}/regular_leg_base",
        "leg",
        "foot",
        "bar_stretcher",
        "runner",
        "tabletop_connector",
    ),
    **kept(f"{_BASE}/star_leg_base", "central_support", "star_leg_set", "star_leg_set/leg"),
    **kept(f"{_BASE}/pedestal_base", "central_support", "pedestal"),
    **renamed(f"{_BASE}/shelving_base", _DRAWERS, "shelf", "leg"),
    **kept(_DRAWERS, *_IN_DRAWERS),
    **renamed("desk", "regular_table"),
    **renamed("desk/tabletop", _TOP, "tabletop_surface", "tabletop_surface/board"),
    **renamed("desk/drawer_base", _DRAWERS, *_IN_DRAWERS),
    **kept("game_table"),
    **kept(
        "game_table/pool_table",
        "tabletop",
        "tabletop/tabletop_surface",
        "tabletop/tabletop_frame",
        "tabletop/tabletop_frame/bar",
        "table_base",
        "table_base/regular_leg_base",
        "table_base/regular_leg_base/leg",
        "pool_ball",
    ),
    **kept(
        "game_table/ping_pong_table",
        "tabletop",
        "tabletop/tabletop_surface",
        "table_base",
        "table_base/regular_leg_base",
        "table_base/regular_leg_base/leg",
        "table_base/regular_leg_base/bar_stretcher",
        "ping_pong_net",
    ),
    **kept(
        "picnic_table",
        "regular_table",
        "regular_table/tabletop",
        "regular_table/tabletop/tabletop_surface",
        "regular_table/table_base",
        "regular_table/table_base/regular_leg_base",
        "regular_table/table_base/regular_leg_base/leg",
        "bench",
        "bench_connector",
    ),
}

NAMES = PartNetNames(
    level1=(
        "game_table/ping_pong_table/ping_pong_net",
        "game_table/ping_pong_table/tabletop",
        "game_table/ping_pong_table/table_base",
        "game_table/pool_table/tabletop",
        "game_table/pool_table/table_base",
        "picnic_table/regular_table/tabletop",
        "picnic_table/regular_table/table_base",
        "picnic_table/bench",
        _TOP,
        _BASE,
    ),
    merged=_MERGED,
)

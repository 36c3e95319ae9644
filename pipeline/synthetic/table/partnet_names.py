"""PartNet's names of a table's parts: the published tables, as far as made-up tables need them."""

from pipeline.synthetic.partnet_names import PartNetNames

_TOP, _BASE = "regular_table/tabletop", "regular_table/table_base"
_DRAWERS = f"{_BASE}/drawer_base"


def _same(*paths: str) -> dict[str, str]:
    """Paths that merging leaves as they are."""
    return {path: path for path in paths}


def _below(raw: str, merged: str, *names: str) -> dict[str, str]:
    """Paths that merging moves from below one node to below another."""
    return {raw: merged} | {f"{raw}/{name}": f"{merged}/{name}" for name in names}


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
    **_same("regular_table", _TOP, f"{_TOP}/tabletop_surface", f"{_TOP}/tabletop_surface/board"),
    **_same(f"{_TOP}/tabletop_surface/glass", f"{_TOP}/tabletop_frame", f"{_TOP}/tabletop_frame/bar", _BASE),
    **_below(
        f"{_BASE}/regular_leg_base",
        f"{_BASE}/regular_leg_base",
        "leg",
        "foot",
        "bar_stretcher",
        "runner",
        "tabletop_connector",
    ),
    **_below(f"{_BASE}/star_leg_base", f"{_BASE}/star_leg_base", "central_support", "star_leg_set", "star_leg_set/leg"),
    **_below(f"{_BASE}/pedestal_base", f"{_BASE}/pedestal_base", "central_support", "pedestal"),
    **_below(f"{_BASE}/shelving_base", _DRAWERS, "shelf", "leg"),
    **_below(_DRAWERS, _DRAWERS, *_IN_DRAWERS),
    **_below("desk", "regular_table"),
    **_below("desk/tabletop", _TOP, "tabletop_surface", "tabletop_surface/board"),
    **_below("desk/drawer_base", _DRAWERS, *_IN_DRAWERS),
    **_same("game_table"),
    **_below(
        "game_table/pool_table",
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
    **_below(
        "game_table/ping_pong_table",
        "game_table/ping_pong_table",
        "tabletop",
        "tabletop/tabletop_surface",
        "table_base",
        "table_base/regular_leg_base",
        "table_base/regular_leg_base/leg",
        "table_base/regular_leg_base/bar_stretcher",
        "ping_pong_net",
    ),
    **_below(
        "picnic_table",
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

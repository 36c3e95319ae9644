"""PartNet's trees of parts, raw (result.json) and merged (result_after_merging.json), and its statistics files."""

from collections.abc import Mapping
from typing import Any

from pipeline.categories import category_named
from pipeline.synthetic.entries import Entry, json_bytes
from pipeline.synthetic.pieces import MadeUpObject

Node = dict[str, Any]

_CASTER = "chair_base/star_leg_base/star_leg_set/caster"
# Raw path -> merged path, below the root. Raw paths that are absent (other/other_leaf) belong to no merged leaf.
_CHAIR = {
    "chair_head": "chair_head",
    "chair_head/headrest": "chair_head/headrest",
    "chair_head/head_connector": "chair_head/head_connector",
    "chair_back": "chair_back",
    "chair_back/back_surface": "chair_back/back_surface",
    "chair_back/back_surface/back_hard_surface": "chair_back/back_surface/back_single_surface",
    "chair_back/back_surface/back_soft_surface": "chair_back/back_surface/back_single_surface",
    "chair_back/back_surface/back_surface_vertical_bar": "chair_back/back_surface/back_surface_vertical_bar",
    "chair_back/back_surface/back_surface_horizontal_bar": "chair_back/back_surface/back_surface_horizontal_bar",
    "chair_back/back_frame": "chair_back/back_frame",
    "chair_back/back_frame/back_frame_vertical_bar": "chair_back/back_frame/back_frame_vertical_bar",
    "chair_back/back_frame/back_frame_horizontal_bar": "chair_back/back_frame/back_frame_horizontal_bar",
    "chair_back/back_frame/back_holistic_frame": "chair_back/back_frame/back_holistic_frame",
    "chair_back/back_connector": "chair_back/back_connector",
    "chair_arm": "chair_arm",
    "chair_arm/armrest_hard_surface": "chair_arm/arm_horizontal_bar",
    "chair_arm/armrest_soft_surface": "chair_arm/arm_horizontal_bar",
    "chair_arm/arm_vertical_bar": "chair_arm/arm_near_vertical_bar",
    "chair_arm/arm_holistic_frame": "chair_arm/arm_holistic_frame",
    "chair_arm/arm_sofa_style": "chair_arm/arm_sofa_style",
    "chair_base": "chair_base",
    "chair_base/regular_leg_base": "chair_base/regular_leg_base",
    "chair_base/regular_leg_base/leg": "chair_base/regular_leg_base/leg",
    "chair_base/regular_leg_base/bar_stretcher": "chair_base/regular_leg_base/bar_stretcher",
    "chair_base/regular_leg_base/runner": "chair_base/regular_leg_base/runner",
    "chair_base/star_leg_base": "chair_base/star_leg_base",
    "chair_base/star_leg_base/central_support": "chair_base/star_leg_base/central_support",
    "chair_base/star_leg_base/mechanical_control": "chair_base/star_leg_base/mechanical_control",
    "chair_base/star_leg_base/star_leg_set": "chair_base/star_leg_base/star_leg_set",
    "chair_base/star_leg_base/star_leg_set/leg": "chair_base/star_leg_base/star_leg_set/leg",
    _CASTER: _CASTER,
    f"{_CASTER}/caster_stem": f"{_CASTER}/caster_stem",
    f"{_CASTER}/wheel": f"{_CASTER}/wheel",
    "chair_base/pedestal_base": "chair_base/pedestal_base",
    "chair_base/pedestal_base/pedestal": "chair_base/pedestal_base/pedestal",
    "chair_base/pedestal_base/central_support": "chair_base/pedestal_base/central_support",
    "chair_seat": "chair_seat",
    "chair_seat/seat_support": "chair_seat/seat_support",
    "chair_seat/seat_surface": "chair_seat/seat_surface",
    "chair_seat/seat_surface/seat_hard_surface": "chair_seat/seat_surface/seat_single_surface",
    "chair_seat/seat_surface/seat_soft_surface": "chair_seat/seat_surface/seat_single_surface",
}
_MERGING: Mapping[str, Mapping[str, str]] = {"chair": _CHAIR}


def raw_tree(made: MadeUpObject) -> tuple[Node, list[int]]:
    """The root of result.json, and the id of each piece's leaf. Ids count in the order in which nodes are met."""
    root: Node = {"text": made.category.title(), "name": made.category, "id": 0}
    nodes: dict[tuple[str, ...], Node] = {(): root}
    leaves = []
    for number, piece in enumerate(made.pieces):
        for depth in range(1, len(piece.path) + 1):
            path = piece.path[:depth]
            if path not in nodes:
                name = path[-1].partition(":")[0]
                nodes[path] = {"text": name.replace("_", " ").title(), "name": name, "id": len(nodes)}
                nodes[path[:-1]].setdefault("children", []).append(nodes[path])
        leaf = nodes[piece.path]
        leaf.setdefault("objs", []).append(f"original-{number + 1}")
        leaves.append(int(leaf["id"]))
    return root, leaves


def merged_tree(root: Node, category: str) -> Node:
    """The root of result_after_merging.json: renamed and renumbered; `ori_id` is the raw id."""
    merged = _merged(root, "", _MERGING[category])
    for number, node in enumerate(_preorder(merged)):
        node["id"] = number
    return merged


def stats_entries(category: str, annotations: list[tuple[str, str]]) -> list[Entry]:
    """The statistics files: level-1 parts, the merging table, and splits of (model id, anno id), given in order.

    Of ten objects seven train, one validates, two test, whatever the number of objects.
    """
    named = category_named(category)
    name, root = named.partnet, category
    level1 = [path for path in dict.fromkeys(_MERGING[category].values()) if "/" not in path]
    parts = "".join(f"{n} {root}/{path} subcomponents\n" for n, path in enumerate(level1, start=1))
    merging = f"{root} {root}\n" + "".join(f"{root}/{raw} {root}/{new}\n" for raw, new in _MERGING[category].items())
    rows = [{"model_id": model, "anno_id": anno} for model, anno in annotations]
    split_of = ("train",) * 7 + ("val",) + ("test",) * 2
    entries = [
        Entry(f"PartNet/stats/after_merging_label_ids/{name}-level-1.txt", {"": parts.encode()}),
        Entry(f"PartNet/stats/merging_hierarchy_mapping/{name}.txt", {"": merging.encode()}),
    ]
    for split in ("train", "val", "test"):
        chosen = [row for number, row in enumerate(rows) if split_of[number % len(split_of)] == split]
        path = f"PartNet/stats/train_val_test_split/{name}.{split}.json"
        entries.append(Entry(path, {"": json_bytes(chosen)}))
    return entries


def _merged(node: Node, path: str, table: Mapping[str, str]) -> Node:
    """The node under its merged name, with those below it that the table has."""
    name = table[path].rpartition("/")[2] if path else node["name"]
    below = [(child, f"{path}/{child['name']}".lstrip("/")) for child in node.get("children", [])]
    merged: Node = {"text": name, "name": name, "id": 0, "ori_id": node["id"], "objs": _objs(node)}
    children = [_merged(child, child_path, table) for child, child_path in below if child_path in table]
    if children:
        merged["children"] = children
    return merged


def _objs(node: Node) -> list[str]:
    """All obj files at and below a node."""
    return [*node.get("objs", []), *(name for child in node.get("children", []) for name in _objs(child))]


def _preorder(node: Node) -> list[Node]:
    return [node, *(below for child in node.get("children", []) for below in _preorder(child))]

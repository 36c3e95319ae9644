"""PartNet's trees of parts, raw (result.json) and merged (result_after_merging.json), and its statistics files."""

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from pipeline.datasets.categories import category_named
from pipeline.synthetic.entries import Entry, json_bytes
from pipeline.synthetic.partnet_names import partnet_names
from pipeline.synthetic.pieces import MadeUpObject

Node = dict[str, Any]


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
    """The root of result_after_merging.json: renamed and renumbered; `ori_id` is the raw id.

    Node by node, as merge_result_json.py of PartNet's repository does it: a node takes the last name of its merged path
    and hangs where it hung, also where that path is deeper (a desk's `drawer_base` stays below `regular_table`).
    """
    return _merged(root, "", partnet_names(category).merged, count())


def stats_entries(category: str, annotations: list[tuple[str, str]]) -> list[Entry]:
    """The statistics files: level-1 parts, the merging table, and splits of (model id, anno id), given in order.

    Of ten objects seven train, one validates, two test, whatever the number of objects.
    """
    named = category_named(category)
    name, root = named.partnet, category
    names = partnet_names(category)
    parts = "".join(f"{n} {root}/{path} subcomponents\n" for n, path in enumerate(names.level1, start=1))
    merging = f"{root} {root}\n" + "".join(f"{root}/{raw} {root}/{new}\n" for raw, new in names.merged.items())
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


def _merged(node: Node, path: str, table: Mapping[str, str], numbers: Iterator[int]) -> Node:
    """The node under its merged name and the next number, with those below it that the table has."""
    name = table[path].rpartition("/")[2] if path else node["name"]
    below = [(child, f"{path}/{child['name']}".lstrip("/")) for child in node.get("children", [])]
    merged: Node = {"text": name, "name": name, "id": next(numbers), "ori_id": node["id"], "objs": _objs(node)}
    children = [_merged(child, child_path, table, numbers) for child, child_path in below if child_path in table]
    if children:
        merged["children"] = children
    return merged


def _objs(node: Node) -> list[str]:
    """All obj files at and below a node."""
    return [*node.get("objs", []), *(name for child in node.get("children", []) for name in _objs(child))]

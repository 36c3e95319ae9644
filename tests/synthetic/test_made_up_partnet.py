"""PartNet's folders of made-up objects: trees, labels and points, read by plain parsing."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.datasets.categories import category_named
from pipeline.synthetic.layouts.partnet_tree import merged_tree, raw_tree
from pipeline.synthetic.partnet_names import partnet_names
from pipeline.synthetic.synthesize import make_object
from tests.synthetic.designs import object_of
from tests.synthetic.made_up_files import (
    COUNT,
    PARTNET,
    V1_FROM_PARTNET,
    V2_FROM_V1,
    distance,
    model_name,
    read_model,
    read_obj,
)

each = pytest.mark.parametrize(("category", "index"), PARTNET)


def leaves(node: dict[str, Any], path: str = "") -> dict[int, tuple[str, list[str]]]:
    """Path and obj files of each leaf, by its id; of merged trees by the id of the raw node."""
    path = f"{path}/{node['name']}".lstrip("/")
    if "children" not in node:
        return {node.get("ori_id", node["id"]): (path, node["objs"])}
    return {key: value for child in node["children"] for key, value in leaves(child, path).items()}


def annotation_folder(root: Path, category: str, index: int) -> Path:
    """Annotations are numbered by category: a million times 2 (chair), 4 (table), 5 (bottle), and the object."""
    return root / f"PartNet/data_v0/{1_000_000 * {'chair': 2, 'table': 4, 'bottle': 5}[category] + index}"


@each
def test_partnet_points_map_onto_the_mesh(root: Path, category: str, index: int) -> None:
    folder = annotation_folder(root, category, index)
    meta = json.loads((folder / "meta.json").read_text())
    assert (meta["model_id"], meta["model_cat"]) == (model_name(category, index), category.title())
    vertices, faces = read_model(root, category, index)
    pieces = [read_obj(folder / f"objs/original-{n + 1}.obj") for n in range(len(list((folder / "objs").iterdir())))]
    assert sum(len(piece) for _, piece in pieces) == len(faces[0::2])
    ours = np.concatenate([corners for corners, _ in pieces])
    points = np.loadtxt(folder / "point_sample/pts-10000.txt")
    assert points.shape == (10_000, 3)
    assert 0.85 < np.linalg.norm(points, axis=1).max() < 1.3
    low, high = ours.min(axis=0), ours.max(axis=0)
    assert np.abs(low + high).max() > 1e-3, "the origin is not the box's centre"
    centred = (points[::10] - (low + high) / 2) / np.linalg.norm(high - low) @ V1_FROM_PARTNET.T @ V2_FROM_V1.T
    assert distance(centred + (vertices.min(axis=0) + vertices.max(axis=0)) / 2, (vertices, faces)) < 1e-4


@each
def test_partnet_labels_are_leaves_that_hold_the_point(root: Path, category: str, index: int) -> None:
    folder = annotation_folder(root, category, index)
    names = leaves(json.loads((folder / "result.json").read_text())[0])
    boxes = {}
    for key, (_, objs) in names.items():
        own = np.concatenate([read_obj(folder / f"objs/{name}.obj")[0] for name in objs])
        boxes[key] = own.min(axis=0) - 2e-6, own.max(axis=0) + 2e-6
    for points_file, labels_file in (
        ("pts-10000", "label-10000"),
        ("sample-points-all-pts-nor-rgba-10000", "sample-points-all-label-10000"),
    ):
        points = np.loadtxt(folder / f"point_sample/{points_file}.txt")
        labels = np.loadtxt(folder / f"point_sample/{labels_file}.txt", dtype=int)
        assert set(labels) <= set(boxes)
        for key, (low, high) in boxes.items():
            own = points[labels == key, :3]
            assert ((own >= low) & (own <= high)).all()
    assert np.allclose(np.linalg.norm(points[:, 3:6], axis=1), 1, atol=1e-5)
    assert ((points[:, 6:9] >= 0) & (points[:, 6:9] <= 255) & (points[:, 6:9] % 1 == 0)).all()


@each
def test_partnet_level_1_gives_the_parts_of_the_pieces(root: Path, category: str, index: int) -> None:
    """Raw leaf -> merged path -> level-1 class (1 + the line's number) is the label that the object was made with."""
    stats, name = root / "PartNet/stats", category_named(category).partnet
    lines = (stats / f"after_merging_label_ids/{name}-level-1.txt").read_text().splitlines()
    level1 = [line.split()[1] for line in lines]
    assert len(level1) == len(category_named(category).part_names)
    rows = (stats / f"merging_hierarchy_mapping/{name}.txt").read_text().splitlines()
    merged = dict(row.split() for row in rows)
    folder = annotation_folder(root, category, index)
    raw = leaves(json.loads((folder / "result.json").read_text())[0])
    found = {}
    for path, objs in raw.values():
        steps = path.split("/")
        above = [merged.get("/".join(steps[: depth + 1])) for depth in range(len(steps))]
        label = next((level1.index(node) + 1 for node in reversed(above) if node in level1), 0)
        found.update(dict.fromkeys(objs, label))
    made = object_of(category, index)
    assert found == {f"original-{n + 1}": piece.label for n, piece in enumerate(made.pieces)}
    after = json.loads((folder / "result_after_merging.json").read_text())[0]
    assert sorted(after["objs"]) == sorted(found)
    for ori_id, (path, _) in leaves(after).items():
        if ori_id in raw:  # else the node lost all that was below it
            assert path.rpartition("/")[2] == merged[raw[ori_id][0]].rpartition("/")[2]


def test_some_raw_leaves_belong_to_no_merged_leaf() -> None:
    """As in the published trees: only the merged parent has them."""
    chairs = (make_object("chair", index, 0) for index in range(64))
    made = next(chair for chair in chairs if any("other_leaf" in piece.path for piece in chair.pieces))
    raw, _ = raw_tree(made)
    merged = merged_tree(raw, "chair")
    others = {key: names for key, (path, names) in leaves(raw).items() if path.endswith("other_leaf")}
    assert len(others) == 2
    assert not set(others) & set(leaves(merged))
    arms = [child for child in merged["children"] if child["name"] == "chair_arm"]
    assert all(any(set(names) < set(arm["objs"]) for arm in arms) for names in others.values())


def test_partnet_splits_name_each_annotation_once(root: Path) -> None:
    folder = root / "PartNet/stats/train_val_test_split"
    splits = [json.loads((folder / f"Chair.{split}.json").read_text()) for split in ("train", "val", "test")]
    rows = [(row["model_id"], row["anno_id"]) for split in splits for row in split]
    assert sorted(rows) == [(model_name("chair", n), str(2_000_000 + n)) for n in range(COUNT["chair"])]
    assert [len(split) for split in splits] == [7, 1, 0]


@pytest.mark.samples
@pytest.mark.parametrize("category", ["bottle", "table"])
def test_the_names_are_the_published_ones(samples: Path, category: str) -> None:
    names, stats = partnet_names(category), samples / "partnet" / "stats"
    lines = (stats / f"after_merging_label_ids/{category.title()}-level-1.txt").read_text().splitlines()
    assert [line.split()[1] for line in lines] == [f"{category}/{path}" for path in names.level1]
    rows = (stats / f"merging_hierarchy_mapping/{category.title()}.txt").read_text().splitlines()
    published = dict(row.split() for row in rows)
    assert all(published[f"{category}/{raw}"] == f"{category}/{merged}" for raw, merged in names.merged.items())

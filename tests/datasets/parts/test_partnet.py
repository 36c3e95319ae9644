"""PartNet's trees, merged names and level-1 labels."""

import json
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest

from pipeline.datasets.alignment import place_mesh
from pipeline.datasets.axes import SHAPENET_V2
from pipeline.datasets.categories import category_named
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.parts.partnet import open_partnet_folders
from pipeline.datasets.records import ObjectKey, PartPoints
from pipeline.errors import UserError
from tests.datasets.parts.part_files import write

CHAIR = category_named("chair")
BOTTLE = category_named("bottle")
KEY = ObjectKey(CHAIR.synset, "a")
LEVEL1 = (
    "2 chair/chair_head subcomponents\n5 chair/chair_back subcomponents\n16 chair/chair_arm subcomponents\n"
    "23 chair/chair_base subtypes\n45 chair/chair_seat subcomponents\n"
)
# `before after`: the rest is a node whose merged name stands in level 1 under another raw name.
MERGING = (
    "chair chair\nchair/chair_back chair/chair_back\nchair/chair_back/bar chair/chair_back/vertical_bar\n"
    "chair/chair_arm chair/chair_arm\nchair/chair_arm/rest chair/chair_arm/bar\nchair/pillow chair/chair_head\n"
    "chair/chair_seat chair/chair_seat\n"
)


def leaf(number: int, name: str) -> dict[str, Any]:
    return {"text": name, "name": name, "id": number, "objs": [f"new-{number}"]}


def node(number: int, name: str, *children: dict[str, Any]) -> dict[str, Any]:
    return {"text": name, "name": name, "id": number, "children": list(children)}


TREE = [
    node(
        0,
        "chair",
        node(1, "chair_back", leaf(11, "bar")),
        node(2, "chair_arm", leaf(21, "rest"), node(22, "other", leaf(23, "other_leaf"))),
        node(3, "chair_arm", leaf(31, "rest")),
        leaf(4, "pillow"),
        leaf(5, "chair_seat"),
        leaf(6, "cup_holder"),
    )
]


def write_stats(root: Path, **splits: list[dict[str, str]]) -> None:
    write(root / "stats/after_merging_label_ids/Chair-level-1.txt", LEVEL1)
    write(root / "stats/merging_hierarchy_mapping/Chair.txt", MERGING)
    for split, rows in splits.items():
        write(root / f"stats/train_val_test_split/Chair.{split}.json", json.dumps(rows))


def write_annotation(root: Path, number: str, model: str, labels: list[int], category: str = "Chair") -> None:
    folder = root / "data_v0" / number
    write(folder / "meta.json", json.dumps({"model_id": model, "anno_id": number, "model_cat": category}))
    write(folder / "result.json", json.dumps(TREE))
    write(folder / "point_sample/pts-10000.txt", "".join(f"{row} 0.5 -0.25\n" for row in range(len(labels))))
    write(folder / "point_sample/label-10000.txt", "".join(f"{label}\n" for label in labels))
    write(folder / "objs/original-1.obj", "v -1 0 0\nv 1 2 3\nv 0 0 0\nf 1 2 3\n")
    write(folder / "objs/new-2.obj", "v 0 -4 0\nv 0 0 5\nv 0 0 0\nf 1 2 3\n")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_stats(tmp_path, train=[{"model_id": "a", "anno_id": "12"}], val=[], test=[])
    write_annotation(tmp_path, "12", "a", [11, 21, 23, 31, 4, 5, 6, 11])
    return tmp_path


def test_leaves_take_the_class_of_a_merged_ancestor(root):
    partnet = open_partnet_folders(root, CHAIR)
    parts = partnet.read(KEY)
    names = ["unlabelled", *CHAIR.partnet_names]
    # 23 is merged under no name of its own, both arms are arms, and a cup holder is nothing of level 1.
    assert [names[label] for label in parts.label] == [
        "back", "arm", "arm", "arm", "head", "seat", "unlabelled", "back",
    ]  # fmt: skip
    assert parts.xyz.tolist() == [[row, 0.5, -0.25] for row in range(8)]


def test_boxes_of_objs_in_other_orders_and_of_cut_ones(root):
    """Vertices after faces count; the whole list, which every cut file repeats, counts once and is still read."""
    partnet = open_partnet_folders(root, CHAIR)
    bounds = partnet.read_bounds(KEY)
    assert bounds.tolist() == [[-1, -4, 0], [1, 2, 5]]
    objs = root / "data_v0/12/objs"
    (objs / "new-3.obj").write_text((objs / "new-2.obj").read_text().replace("f 1 2 3", "f 3 2 1"))
    (objs / "original-4.obj").write_text("# late\nf 1 2 3\nv 0 0 0\nvn 99 99 99\nv 7 0 0\r\nv 0 0 0\n")
    bounds = partnet.read_bounds(KEY)
    assert bounds.tolist() == [[-1, -4, 0], [7, 2, 5]]
    (objs / "new-3.obj").write_text("v 0 0 0\nv 0 zero 0\nf 1 2 3\n")
    with pytest.raises(DatasetError, match=r"objs/new-3\.obj: v: .*zero"):
        partnet.read_bounds(KEY)
    for path in objs.iterdir():
        path.write_text("")
    with pytest.raises(DatasetError, match="data_v0/12/objs: v: there are no vertices"):
        partnet.read_bounds(KEY)


def test_a_map_from_objs_that_are_unusable(root):
    partnet = open_partnet_folders(root, CHAIR)
    corners = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    mesh = place_mesh(corners, np.array([[0, 1, 2]], dtype=np.int32), SHAPENET_V2, 0.7)
    points = PartPoints(corners, np.ones(3, dtype=np.uint8))
    assert partnet.world_from_source(KEY, points, mesh).shape == (4, 4)
    for path in (root / "data_v0/12/objs").iterdir():
        path.write_text("v 1 1 1\n")
    with pytest.raises(DatasetError, match=r"data_v0/12/objs: v: .*no extent"):
        partnet.world_from_source(KEY, points, mesh)
    with pytest.raises(DatasetError, match="no annotation of b"):
        partnet.world_from_source(ObjectKey(CHAIR.synset, "b"), points, mesh)


def test_splits_go_before_the_scan_and_a_small_number_before_a_large_one(tmp_path):
    write_stats(tmp_path, train=[{"model_id": "a", "anno_id": "12"}], val=[])
    for number, model in (("12", "a"), ("9", "a"), ("101", "b"), ("20", "b")):
        write_annotation(tmp_path, number, model, [11])
    write_annotation(tmp_path, "7", "c", [11], "Table")
    (tmp_path / "data_v0/3").mkdir()
    assert dict(open_partnet_folders(tmp_path, CHAIR).annotation) == {"a": "12", "b": "20"}
    (tmp_path / "stats/train_val_test_split/Chair.test.json").write_text("[]")
    assert dict(open_partnet_folders(tmp_path, CHAIR).annotation) == {"a": "12"}


def replace(file: Path, text: str | None) -> None:
    file.unlink()
    if text is not None:
        file.write_text(text)


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("point_sample/label-10000.txt", "11\n" * 7, "7 labels for 8 points"),
        ("point_sample/label-10000.txt", "11\n" * 7 + "999\n", "999 is no leaf"),
        ("point_sample/label-10000.txt", "11\n" * 7 + "1\n", "1 is no leaf"),
        ("point_sample/label-10000.txt", "x\n" * 8, "integers"),
        ("point_sample/pts-10000.txt", "0 0 0\n" * 7 + "0 0 nan\n", "not finite in line 8"),
        ("point_sample/pts-10000.txt", "", "8 labels for 0 points"),
        ("result.json", "[", "no valid json"),
        ("result.json", "[]", "list of one node"),
        ("result.json", "{}", "list of one node"),
        ("result.json", '[{"name": "chair", "id": 0, "children": [{"id": 1}]}]', "without name or id"),
        ("result.json", '[{"name": "chair", "id": 0, "children": 7}]', "no list"),
        ("result.json", None, "is missing"),
    ],
)
def test_broken_annotations(root, file, text, reason):
    replace(root / "data_v0/12" / file, text)
    with pytest.raises(DatasetError, match=reason) as caught:
        open_partnet_folders(root, CHAIR).read(KEY)
    assert str(caught.value.file).startswith("data_v0/12/")


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("after_merging_label_ids/Chair-level-1.txt", None, "is missing"),
        ("after_merging_label_ids/Chair-level-1.txt", "2 chair/chair_head subcomponents\n", "there are not 5 lines"),
        ("merging_hierarchy_mapping/Chair.txt", None, "is missing"),
        ("train_val_test_split/Chair.val.json", '[{"model_id": "a"}]', "no list of both"),
        ("train_val_test_split/Chair.val.json", '[{"model_id": "a", "anno_id": "../../x"}]', "no valid id"),
        ("train_val_test_split/Chair.val.json", '[{"model_id": "a", "anno_id": 12}]', "no list of both"),
    ],
)
def test_unusable_statistics_are_the_users_matter(root, file, text, reason):
    replace(root / "stats" / file, text)
    with pytest.raises(UserError, match=f"partnet_root.*{Path(file).name}.*{reason}"):
        open_partnet_folders(root, CHAIR)


@pytest.mark.samples
def test_published_chair_179(samples):
    partnet = open_partnet_folders(samples / "partnet", CHAIR)
    model = "6f36520144753550f91663a74ccd2338"
    assert partnet.annotation[model] == "179"
    parts = partnet.read(ObjectKey(CHAIR.synset, model))
    assert parts.xyz.shape == (10000, 3)
    head, back, arm, base, seat = (parts.xyz[parts.label == label] for label in range(1, 6))
    # Counted apart from the reader, by the node of result.json right below the root: no headrest, nothing unlabelled.
    assert np.bincount(parts.label, minlength=6).tolist() == [0, 0, 3407, 1091, 2137, 3365]
    assert len(head) == 0
    # PartNet's frame: up +Y, front +Z.
    assert back[:, 1].mean() > seat[:, 1].mean() > base[:, 1].mean()
    assert back[:, 2].mean() < seat[:, 2].mean()
    assert np.median(np.abs(arm[:, 0])) > 0.4 > np.abs(seat[:, 0]).mean()  # at the sides
    # Leaf 103 is no merged leaf, only part of a merged chair_arm.
    assert CHAIR.partnet_names[partnet.leaf_classes(PurePosixPath("data_v0/179/result.json"))[103] - 1] == "arm"
    bounds = partnet.read_bounds(ObjectKey(CHAIR.synset, model))
    assert (parts.xyz >= bounds[0] - 1e-5).all()
    assert (parts.xyz <= bounds[1] + 1e-5).all()
    assert np.ptp(bounds, axis=0) == pytest.approx(np.ptp(parts.xyz, axis=0), abs=0.02)


@pytest.mark.samples
def test_published_lists(samples):
    chairs = open_partnet_folders(samples / "partnet", CHAIR)
    assert set(chairs.label.values()) == {1, 2, 3, 4, 5}
    bottles = open_partnet_folders(samples / "partnet", BOTTLE)
    assert len(bottles.annotation) == 436
    assert bottles.label["bottle/normal_bottle/lid"] == 2
    assert bottles.label["bottle/normal_bottle/lid_handle"] == bottles.label["bottle/normal_bottle/body_handle"] == 3
    assert "bottle/normal_bottle/neck" not in bottles.label
    assert len(set(open_partnet_folders(samples / "partnet", category_named("table")).label.values())) == 10

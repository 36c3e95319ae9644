"""Made-up tables: level, on the floor, with the keypoints and the PartNet names that each kind should have."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.datasets.categories import category_named
from pipeline.datasets.records import ObjectKey
from pipeline.synthetic.draws import named_generator
from pipeline.synthetic.layouts.partnet_tree import merged_tree, raw_tree
from pipeline.synthetic.pieces import Design, MadeUpObject
from pipeline.synthetic.table.partnet_names import NAMES
from pipeline.synthetic.table.table import KINDS, make_table
from tests.synthetic.designs import keypoints_of

OF_EVERY_TABLE = {*range(8), *range(9, 13)}
OF_KIND = {
    "dining": {8},
    "desk": {8},
    "pedestal": {8, 13},
    "picnic": {8, 18, 19, 20, 21},
    "coffee": {8, 14},
    "trestle": {8},
    "ping-pong": {15, 16, 17},
    "glass": {8},
    "pool": {8},
}
TABLES = [(kind, make_table(kind, named_generator("test", kind, seed))) for kind in KINDS for seed in range(3)]
each_table = pytest.mark.parametrize(
    ("kind", "made"), TABLES, ids=lambda value: value if isinstance(value, str) else ""
)


@each_table
def test_each_kind_has_its_keypoints(kind: str, made: Design) -> None:
    drawers = {keypoint.semantic_id for keypoint in made.keypoints} & {22, 23}
    assert set(keypoints_of(made)) - drawers == OF_EVERY_TABLE | OF_KIND[kind]
    assert bool(drawers) == (kind == "desk")


@each_table
def test_the_top_is_level_and_lies_on_what_stands_on_the_floor(kind: str, made: Design) -> None:
    points, vertices = keypoints_of(made), np.concatenate([piece.surface.vertices for piece in made.pieces])
    heights = np.array([points[number][1] for number in range(8)])
    assert np.ptp(heights) < 0.02, "metres"
    assert 0.35 < heights.max() < 0.95
    assert vertices[:, 1].min() == pytest.approx(0.0, abs=1e-6)
    assert all(points[number][1] < 0.02 for number in range(9, 13))


@each_table
def test_front_is_minus_z_and_left_is_minus_x(kind: str, made: Design) -> None:
    points = keypoints_of(made)
    for front, rear in ((0, 2), (1, 3), (6, 7), (9, 11), (10, 12)):
        assert points[front][2] < -0.1 < 0.1 < points[rear][2]
    for left, right in ((0, 1), (2, 3), (4, 5), (9, 10), (11, 12)):
        assert points[left][0] < -0.1 < 0.1 < points[right][0]


def test_all_classes_of_level_1_occur() -> None:
    count = len(category_named("table").part_names)
    assert {piece.label for _, made in TABLES for piece in made.pieces} == set(range(count + 1))


def test_drawers_open_to_the_front() -> None:
    for kind, made in TABLES:
        if kind == "desk":
            front = min(piece.surface.vertices[:, 2].min() for piece in made.pieces if "side" in piece.name)
            handles = [piece for piece in made.pieces if "handle" in piece.name]
            assert handles
            assert all(piece.surface.vertices[:, 2].min() < front - 0.02 for piece in handles)


@pytest.mark.parametrize("called", ["desk", "regular_table"])
def test_merging_turns_a_desk_into_a_regular_table(called: str) -> None:
    """As the published script does it: a node takes the last name of its merged path and stays where it hangs."""
    designs = (make_table("desk", named_generator("desk", seed)) for seed in range(50))
    design = next(design for design in designs if design.pieces[0].path[0] == called)
    made = MadeUpObject(design.pieces, design.materials, design.keypoints, ObjectKey("04379243", "desk"), "table", 0, 0)
    raw, _ = raw_tree(made)
    assert [node["name"] for node in raw["children"]] == [called]
    (merged,) = merged_tree(raw, "table")["children"]
    assert merged["name"] == "regular_table"
    assert merged["ori_id"] == raw["children"][0]["id"]
    assert len(merged["objs"]) == len(made.pieces)
    below = {"desk": "drawer_base", "regular_table": "table_base"}[called]
    assert [node["name"] for node in merged["children"]] == ["tabletop", below]
    carrying = {piece.label for piece in made.pieces[1:]}
    assert carrying == {0 if called == "desk" else 10}


@pytest.mark.samples
def test_the_names_are_the_published_ones(samples: Path) -> None:
    stats = samples / "partnet" / "stats"
    lines = (stats / "after_merging_label_ids" / "Table-level-1.txt").read_text().splitlines()
    assert [line.split()[1] for line in lines] == [f"table/{path}" for path in NAMES.level1]
    rows = (stats / "merging_hierarchy_mapping" / "Table.txt").read_text().splitlines()
    published = dict(row.split() for row in rows)
    assert all(published[f"table/{raw}"] == f"table/{merged}" for raw, merged in NAMES.merged.items())

"""Made-up tables: level, on the floor, with the keypoints and the PartNet names that each kind should have."""

import numpy as np
import pytest

from pipeline.datasets.categories import category_named
from pipeline.datasets.records import ObjectKey
from pipeline.synthetic.draws import named_generator
from pipeline.synthetic.layouts.partnet_tree import merged_tree, raw_tree
from pipeline.synthetic.pieces import Design, MadeUpObject
from pipeline.synthetic.synthesize import make_design
from tests.synthetic.designs import LOOKED_AT, each_kind, keypoints_of, object_of, vertices_of

OF_KIND = {"pedestal": {13}, "picnic": {18, 19, 20, 21}, "coffee": {14}, "ping-pong": {15, 16, 17}}  # beside 0-7, 9-12


@each_kind("table")
def test_each_kind_stands_level_with_its_keypoints(kind: str, made: Design) -> None:
    points, vertices = keypoints_of(made), vertices_of(made)
    drawers, middle = set(points) & {22, 23}, {8} if kind != "ping-pong" else set()
    assert set(points) - drawers == {*range(8), *range(9, 13)} | middle | OF_KIND.get(kind, set())
    heights = np.array([points[number][1] for number in range(8)])
    assert np.ptp(heights) < 0.02, "metres"
    assert 0.35 < heights.max() < 0.95
    assert vertices[:, 1].min() == pytest.approx(0.0, abs=1e-6)
    assert all(points[number][1] < 0.02 for number in range(9, 13))
    for front, rear in ((0, 2), (1, 3), (6, 7), (9, 11), (10, 12)):
        assert points[front][2] < -0.1 < 0.1 < points[rear][2]
    for left, right in ((0, 1), (2, 3), (4, 5), (9, 10), (11, 12)):
        assert points[left][0] < -0.1 < 0.1 < points[right][0]
    front = min(piece.surface.vertices[:, 2].min() for piece in made.pieces if "handle" not in piece.name)
    handles = [piece for piece in made.pieces if "handle" in piece.name]
    assert bool(handles) == bool(drawers) == (kind == "desk")
    assert all(piece.surface.vertices[:, 2].min() < front + 0.02 for piece in handles), "drawers open to the front"


def test_all_classes_of_level_1_occur() -> None:
    labels = {piece.label for index in range(LOOKED_AT["table"]) for piece in object_of("table", index).pieces}
    assert labels == set(range(len(category_named("table").part_names) + 1))


@pytest.mark.parametrize("called", ["desk", "regular_table"])
def test_merging_turns_a_desk_into_a_regular_table(called: str) -> None:
    """As the published script does it: a node takes the last name of its merged path and stays where it hangs."""
    designs = (make_design("table", "desk", named_generator("desk", seed)) for seed in range(50))
    design = next(design for design in designs if design.pieces[0].path[0] == called)
    made = MadeUpObject(design.pieces, design.materials, design.keypoints, ObjectKey("04379243", "desk"), "table", 0, 0)
    raw, _ = raw_tree(made)
    assert [node["name"] for node in raw["children"]] == [called]
    (merged,) = merged_tree(raw, "table")["children"]
    assert (merged["name"], merged["ori_id"]) == ("regular_table", raw["children"][0]["id"])
    assert len(merged["objs"]) == len(made.pieces)
    below = {"desk": "drawer_base", "regular_table": "table_base"}[called]
    assert [node["name"] for node in merged["children"]] == ["tabletop", below]
    assert {piece.label for piece in made.pieces[1:]} == {0 if called == "desk" else 10}

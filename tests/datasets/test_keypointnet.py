"""KeypointNet's json and pcd files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.datasets.categories import category_named
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.keypointnet import read_keypoints, with_candidates
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from tests.datasets.parts.part_files import write

CHAIR = category_named("chair")
PCD = (
    "VERSION .7\nFIELDS x y z rgb\nSIZE 4 4 4 4\nTYPE F F F U\nCOUNT 1 1 1 1\nWIDTH 2\nHEIGHT 1\nPOINTS 2\nDATA ascii\n"
)


def point(number: Any, xyz: Any) -> dict[str, Any]:
    return {"xyz": xyz, "rgb": [1, 2, 3], "semantic_id": number, "pcd_info": {"point_index": 0}}


def entry(model: Any = "a", points: Any = None, synset: str = "03001627") -> dict[str, Any]:
    return {"class_id": synset, "model_id": model, "keypoints": [point(0, [0, 0, 0])] if points is None else points}


def write_annotations(root: Path, entries: Any, file: str = "chair.json") -> Path:
    write(root / "annotations" / file, json.dumps(entries))
    return root


def test_keypoints_by_model(tmp_path):
    points = [point(7, [0.5, -1, 2]), point(0, [1, 2, 3])]
    found = read_keypoints(write_annotations(tmp_path, [entry("a-1", points), entry("b")]), CHAIR)
    assert sorted(found.keypoints) == ["a-1", "b"]
    assert found.rejected == {}
    assert found.keypoints["a-1"].xyz.tolist() == [[0.5, -1, 2], [1, 2, 3]]
    assert found.keypoints["a-1"].semantic_id.tolist() == [7, 0]
    assert found.keypoints["a-1"].candidates.tolist() == [[0.5, -1, 2], [1, 2, 3]]


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (entry("x", []), "keypoints"),
        (entry("x", {}), "keypoints"),
        (entry("x", ["p"]), "keypoints"),
        ({"class_id": "03001627", "model_id": "x"}, "keypoints"),
        (entry("x", synset="02691156"), "class_id"),
        (entry("x", [point(3, [0, 0, 0]), point(3, [1, 1, 1])]), "semantic_id"),
        (entry("x", [point(-1, [0, 0, 0])]), "semantic_id"),
        (entry("x", [point(10**9, [0, 0, 0])]), "semantic_id"),
        (entry("x", [point(True, [0, 0, 0])]), "semantic_id"),
        (entry("x", [point("3", [0, 0, 0])]), "semantic_id"),
        (entry("x", [point(3, [0, 0])]), "xyz"),
        (entry("x", [point(3, [0, 0, 0]), point(4, [0, 0])]), "xyz"),
        (entry("x", [point(3, None)]), "xyz"),
        (entry("x", [point(3, [0, 0, "far"])]), "xyz"),
        (entry("x", [point(3, [0, 0, float("nan")])]), "xyz"),
        (entry("x", [point(3, [0, 0, float("inf")])]), "xyz"),
    ],
)
def test_a_bad_entry_is_refused_and_the_others_stay(tmp_path, bad, field):
    found = read_keypoints(write_annotations(tmp_path, [entry("good"), bad]), CHAIR)
    assert list(found.keypoints) == ["good"]
    assert list(found.rejected) == ["x"]
    assert str(found.rejected["x"]).startswith(f"annotations/chair.json: {field}: ")


def test_entries_without_a_usable_name_and_doubles(tmp_path):
    entries = [entry("../../x"), entry("twice"), entry("good"), entry("twice"), "no object", entry(5)]
    found = read_keypoints(write_annotations(tmp_path, entries), CHAIR)
    assert list(found.keypoints) == ["good"]
    assert sorted(found.rejected) == ["entry 0", "entry 4", "entry 5", "twice"]
    assert "model_id" in str(found.rejected["entry 0"])
    assert "more than once" in str(found.rejected["twice"])


def test_the_older_release_has_one_file_for_all_categories(tmp_path):
    entries = [entry("a"), entry("a", synset="04379243"), "no object", entry("b", [point(3, [0, 0])])]
    found = read_keypoints(write_annotations(tmp_path, entries, "all.json"), CHAIR)
    assert list(found.keypoints) == ["a"]
    assert str(found.rejected["b"]).startswith("annotations/all.json: xyz: ")
    assert list(read_keypoints(tmp_path, category_named("table")).keypoints) == ["a"]
    assert not read_keypoints(tmp_path, category_named("bottle")).keypoints
    # The category's own file goes first.
    assert list(read_keypoints(write_annotations(tmp_path, [entry("c")]), CHAIR).keypoints) == ["c"]
    (tmp_path / "annotations/all.json").write_text("{}")
    with pytest.raises(UserError, match=r"all\.json holds no list"):
        read_keypoints(tmp_path, category_named("table"))


def test_an_unusable_file_is_the_users_matter(tmp_path):
    with pytest.raises(UserError, match=r"keypointnet_root.*annotations/chair\.json.*is missing"):
        read_keypoints(tmp_path, CHAIR)
    with pytest.raises(UserError, match="no list"):
        read_keypoints(write_annotations(tmp_path, {"models": []}), CHAIR)
    (tmp_path / "annotations/chair.json").write_text('[{"class_id": "0300')
    with pytest.raises(UserError, match="no valid json"):
        read_keypoints(tmp_path, CHAIR)


def test_candidates_come_from_the_point_cloud_where_there_is_one(tmp_path):
    keypoints = read_keypoints(write_annotations(tmp_path, [entry()]), CHAIR).keypoints["a"]
    key = ObjectKey("03001627", "a")
    assert with_candidates(tmp_path, key, keypoints) is keypoints
    file = tmp_path / "pcds/03001627/a.pcd"
    write(file, PCD + "0.5 -1 2 10975560\n3 4 5 1\n")
    read = with_candidates(tmp_path, key, keypoints)
    assert read.candidates.tolist() == [[0.5, -1, 2], [3, 4, 5]]
    assert read.xyz is keypoints.xyz
    for text, reason in (
        (PCD + "0.5 -1 2 1\n", "announce the 1 rows"),
        (PCD, "announce the 0 rows"),
        (PCD + "0 0 0 1\n0 0\n", "3 columns"),
        (PCD + "0 0 0 1\n0 nan 0 1\n", "not finite in line 11"),
        (PCD.replace("ascii", "binary") + "xx", "ascii"),
    ):
        file.write_text(text)
        with pytest.raises(DatasetError, match=reason):
            with_candidates(tmp_path, key, keypoints)
    with pytest.raises(DatasetError, match="no valid id"):
        with_candidates(tmp_path, ObjectKey("03001627", "../a"), keypoints)


@pytest.mark.samples
def test_the_published_chairs(samples):
    found = read_keypoints(samples / "keypointnet", CHAIR)
    assert len(found.keypoints) == 999
    assert found.rejected == {}
    counts = {len(k.semantic_id) for k in found.keypoints.values()}
    assert (min(counts), max(counts)) == (8, 17)
    assert max(int(k.semantic_id.max()) for k in found.keypoints.values()) == 20
    name = "88382b877be91b2a572f8e1c1caad99e"
    chair = with_candidates(samples / "keypointnet", ObjectKey(CHAIR.synset, name), found.keypoints[name])
    assert chair.candidates.shape == (2048, 3)
    # Every keypoint is one of the candidates, to the pcd's six decimals.
    nearest = np.linalg.norm(chair.xyz[:, None] - chair.candidates[None], axis=2).min(axis=1)
    assert nearest.max() < 2e-6

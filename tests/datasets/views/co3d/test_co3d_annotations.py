"""Which sequences and frames are usable, and the reason for each other one; no path leads out of the root."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.config.sections.co3d import Co3d
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.views.co3d.annotations import Co3dCategory, read_category
from pipeline.datasets.views.co3d.source import Co3dViews
from pipeline.errors import UserError
from tests.datasets.views.co3d.conftest import CHAIR, MADE_UP, change
from tests.datasets.views.view_folders import read_gzip

FRAMES = Path("chair", "frame_annotations.jgz")
SEQUENCES = Path("chair", "sequence_annotations.jgz")
LIST = Path("chair", "set_lists", "set_lists_fewview_dev.json")


def read(root: Path, **settings: Any) -> Co3dCategory:
    return read_category(root, "chair", Co3d(**settings))


def names_of(root: Path) -> list[str]:
    return [row["sequence_name"] for row in read_gzip(root / SEQUENCES)]


def test_everything_made_up_is_usable(made_up_co3d: Path) -> None:
    category = read(made_up_co3d)
    assert list(category.sequences) == names_of(made_up_co3d)
    assert category.passed_over == {}
    for sequence in category.sequences.values():
        numbers = [frame.number for frame in sequence.frames]
        assert len(numbers) == MADE_UP.frames and numbers == sorted(numbers)


def test_frames_and_sequences_outside_the_set_list_are_passed_over(own_copy: Path) -> None:
    lists = json.loads((own_copy / LIST).read_text())
    name, number, path = lists["train"][0]
    (own_copy / LIST).write_text(json.dumps({"train": [[name, number, path]]}))
    category = read(own_copy, set_list="fewview_dev")
    assert [frame.number for frame in category.sequences[name].frames] == [number]
    assert category.split == {name: "train"} and read(own_copy).split is None
    assert set(category.passed_over.values()) == {"is not in the set list"} and len(category.passed_over) == 3


def test_sequences_of_low_or_unknown_quality(own_copy: Path) -> None:
    def edit(rows: list[Any]) -> None:
        rows[0]["viewpoint_quality_score"] = 0.1
        rows[1]["viewpoint_quality_score"] = None
        rows[2]["point_cloud"] = None
        rows[3]["point_cloud"]["quality_score"] = -1

    change(own_copy / SEQUENCES, edit)
    low, unknown, no_cloud, bad_cloud = names_of(own_copy)
    assert len(read(own_copy).sequences) == 4
    viewpoints = read(own_copy, min_viewpoint_quality=0.5).passed_over
    assert viewpoints[low] == "its viewpoint_quality_score is 0.1, below 0.5"
    assert viewpoints[unknown] == "its viewpoint_quality_score is null, below 0.5"
    clouds = read(own_copy, min_point_cloud_quality=0).passed_over
    assert clouds == {
        no_cloud: "its point cloud's quality_score is null, below 0",
        bad_cloud: "its point cloud's quality_score is -1, below 0",
    }
    assert read(own_copy, normalise="points").passed_over == {
        no_cloud: "has no point cloud, which source.co3d.normalise wants"
    }


def test_frames_that_are_not_usable_are_counted_by_reason(own_copy: Path) -> None:
    def edit(rows: list[Any]) -> None:
        for first in (0, MADE_UP.frames):
            rows[first]["viewpoint"] = None
            rows[first + 1]["mask"] = None
            rows[first + 2]["mask"]["mass"] = 0.5
            rows[first + 3]["image"]["path"] = rows[first + 3]["image"]["path"].replace("frame", "other")
            rows[first + 4]["viewpoint"]["R"][0] = [0, 0, 0]
        rows[5]["mask"]["mass"] = None
        for row in rows[MADE_UP.frames + 5 : 2 * MADE_UP.frames]:
            row["mask"] = None

    change(own_copy / FRAMES, edit)
    category, names = read(own_copy), names_of(own_copy)
    assert len(category.sequences[names[0]].frames) == MADE_UP.frames - 5
    reasons = (
        f"{MADE_UP.frames - 4} without a mask",
        "1 without a camera",
        "1 with a mask below 0.01 of the photograph",
        "1 without a file on the disk",
        "1 whose viewpoint is no rotation: its first three columns have a scale, a skew or a mirror",
    )
    assert category.passed_over == {names[1]: f"no frame is usable ({', '.join(reasons)})"}


@pytest.mark.parametrize("path", ["../../secret.jpg", "/etc/passwd", "chair/../../x.jpg", "", "a\\b.jpg", "a\0b.jpg"])
@pytest.mark.parametrize(
    "place", [lambda row, path: row["image"].update(path=path), lambda row, path: row["mask"].update(path=path)]
)
def test_a_path_outside_the_root_is_refused(own_copy: Path, path: str, place: Callable[[Any, str], None]) -> None:
    change(own_copy / FRAMES, lambda rows: place(rows[3], path))
    with pytest.raises(DatasetError, match=r"frame_annotations.jgz: entry 3: names the path .* which leads out"):
        read(own_copy)
    with pytest.raises(UserError, match=r"^source.views_root is .*: chair/frame_annotations.jgz: entry 3"):
        Co3dViews(own_copy, Co3d()).listing(CHAIR)


def test_a_point_cloud_outside_the_root_is_refused(own_copy: Path) -> None:
    change(own_copy / SEQUENCES, lambda rows: rows[1]["point_cloud"].update(path="../cloud.ply"))
    with pytest.raises(DatasetError, match=r"sequence_annotations.jgz: entry 1: names the path '../cloud.ply'"):
        read(own_copy)


def test_a_frame_or_sequence_that_is_named_twice_is_refused(own_copy: Path) -> None:
    change(own_copy / FRAMES, lambda rows: rows.append(rows[2]))
    with pytest.raises(DatasetError, match=rf"entry {4 * MADE_UP.frames}: names frame \d+ of \w+ again"):
        read(own_copy)
    change(own_copy / SEQUENCES, lambda rows: rows.append(rows[2]))
    with pytest.raises(DatasetError, match=r"entry 4: names the sequence '102_.*' a second time"):
        read(own_copy)


def test_a_sequence_name_that_leads_elsewhere_is_passed_over(own_copy: Path) -> None:
    change(own_copy / SEQUENCES, lambda rows: rows[0].update(sequence_name="../102"))
    assert "is no valid id" in read(own_copy).passed_over["../102"]


def test_changed_files_are_read_again(own_copy: Path) -> None:
    source, key = Co3dViews(own_copy, Co3d()), ObjectKey(CHAIR, names_of(own_copy)[0])
    before = source.count(key)
    change(own_copy / FRAMES, lambda rows: rows.pop(0))
    os.utime(own_copy / FRAMES, ns=(1, 1))
    assert source.count(key) == before - 1


def test_categories_have_the_names_of_co3d(made_up_co3d: Path) -> None:
    source = Co3dViews(made_up_co3d, Co3d())
    assert source.listing(CHAIR).ids == source.listing("chair").ids == sorted(names_of(made_up_co3d))
    with pytest.raises(UserError, match="has no folder toyplane; the categories of CO3D there are chair"):
        source.listing("02691156")  # our planes
    with pytest.raises(UserError, match="CO3D has no category with synset 04379243"):
        source.listing("04379243")  # tables
    assert [str(folder) for folder in source.folders("02691156")] == ["toyplane"]


def test_a_missing_set_list_is_a_sentence(made_up_co3d: Path) -> None:
    source = Co3dViews(made_up_co3d, Co3d(set_list="fewview_tset"))
    with pytest.raises(UserError, match=r"chair/set_lists/set_lists_fewview_tset.json: file: is missing"):
        source.listing(CHAIR)
    with pytest.raises(DatasetError, match="is missing"):
        source.read(ObjectKey(CHAIR, "any"), np.arange(1))

"""The released data as a source of views: labels with their views, parts by number, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.datasets.axes import WORLD
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.views.frame import Frame
from pipeline.datasets.views.released import Released, open_released
from pipeline.datasets.views.view_source import GivenLabels, Intrinsics
from tests.datasets.views.view_folders import known_views, write_npz, write_released

SYNSET = "03001627"
KEY = ObjectKey(SYNSET, "a")
ALL = np.arange(3)


@pytest.fixture(params=["", "data"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Three views of 48 x 48 pixels, below the root or below data/ in it."""
    write_released(tmp_path / request.param / "img" / SYNSET / "a", known_views(3, Intrinsics(60, 60, 24, 24)))
    return tmp_path / request.param


def opened(root: Path) -> Released:
    place = root.parent if root.name == "data" else root
    return open_released(place, Frame(WORLD, 1.0))


def annotate(root: Path, folder: str, **arrays: Any) -> None:
    write_npz(root / folder / SYNSET / "a.npz", **arrays)


def keypoints_of(rows: list[list[list[int]]]) -> np.ndarray:
    labels = np.empty(len(rows), dtype=object)
    for view, row in enumerate(rows):
        labels[view] = np.array(row, dtype=np.int64).reshape(-1, 3)
    return labels


def annotate_all(root: Path) -> None:
    parts = np.arange(3)[:, None, None] + np.zeros((3, 48, 48), np.int64)
    annotate(root, "part_2d_anno", labels=parts)
    annotate(root, "kp_2d_anno", labels=keypoints_of([[[5, 7, 2]], [], [[1, 2, 0], [3, 4, 2]]]))
    annotate(root, "part_3d_anno", pts=np.ones((4, 3)), labels=np.array([0, 1, 2, 4]))
    annotate(root, "kp_3d_anno", pts=np.zeros((5, 3), np.float32), labels=np.array([[1.0, 2, 3, 2], [4, 5, 6, 0]]))


def labels_of(root: Path, numbers: np.ndarray = ALL) -> GivenLabels:
    return opened(root).labels(KEY, numbers)


def test_all_four_annotations_are_read(root: Path) -> None:
    annotate_all(root)
    labels = labels_of(root)
    assert labels.part[:, 9, 9].tolist() == [0, 1, 2]
    assert labels.keypoint_visible.tolist() == [[False, False, True], [False] * 3, [True, False, True]]
    assert labels.keypoint_uv[0, 2].tolist() == [5.5, 7.5]  # the middle of pixel (row 7, column 5)
    assert labels.keypoints.semantic_id.tolist() == [0, 2]
    assert labels.keypoints.xyz.tolist() == [[4, 5, 6], [1, 2, 3]]
    assert len(labels.keypoints.candidates) == 5
    assert labels.parts.label.tolist() == [0, 1, 2, 4]
    assert opened(root).part_names(SYNSET) == ("part 1", "part 2", "part 3", "part 4")
    assert len(opened(root).files(KEY)) == 3 + 1 + 4


def test_labels_are_those_of_the_views_asked_for(root: Path) -> None:
    annotate_all(root)
    labels = labels_of(root, np.array([2, 0]))
    assert labels.part[:, 0, 0].tolist() == [2, 0]
    assert labels.keypoint_visible[:, 0].tolist() == [True, False]


def test_an_object_may_have_one_kind_of_annotation(root: Path) -> None:
    annotate(root, "part_2d_anno", labels=np.full((3, 48, 48), 3, np.uint8))
    labels = labels_of(root)
    assert (labels.keypoint_uv, labels.keypoints, labels.parts) == (None, None, None)
    assert opened(root).part_names(SYNSET) == ("part 1", "part 2", "part 3")  # where no file of 3D parts tells


def test_damaged_files_of_other_objects_do_not_hide_the_parts(root: Path) -> None:
    annotate_all(root)
    (root / "part_3d_anno" / SYNSET / "b.npz").write_bytes(b"no zip")
    assert len(opened(root).part_names(SYNSET)) == 4


@pytest.mark.parametrize(
    ("folder", "arrays", "reason"),
    [
        ("part_2d_anno", {"labels": np.zeros((2, 48, 48), np.int64)}, "are of 2 views, the cameras of 3"),
        ("part_2d_anno", {"labels": np.full((3, 48, 48), 5)}, "has part 5, which no file of 3D parts has"),
        ("part_2d_anno", {"labels": np.full((3, 48, 48), 0.5)}, "holds float64, not integers"),
        ("part_2d_anno", {"other": np.zeros(3)}, "is missing"),
        ("kp_2d_anno", {"labels": keypoints_of([[], []])}, "are of 2 views, the cameras of 3"),
        ("kp_2d_anno", {"labels": np.array([None, None, None], dtype=object)}, "no indices of pixels|is no|has"),
        ("kp_2d_anno", {"labels": np.array(3)}, "iterat"),
        ("part_3d_anno", {"pts": np.ones((4, 3)), "labels": np.zeros(5, np.int64)}, r"has shape \(5,\) for 4 points"),
        ("kp_3d_anno", {"pts": np.ones((4, 3)), "labels": np.zeros((2, 4))}, "two keypoints with one id"),
    ],
)
def test_wrong_annotations_fail_their_object(root: Path, folder: str, arrays: dict[str, Any], reason: str) -> None:
    annotate_all(root)
    annotate(root, folder, **arrays)
    with pytest.raises(DatasetError, match=reason) as caught:
        opened(root).labels(KEY, ALL)
    assert str(caught.value.file) == f"{folder}/{SYNSET}/a.npz"

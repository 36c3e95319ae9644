"""What only the layout of SRN has: splits in folders' names, white backgrounds, one file of intrinsics an object."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.datasets.axes import WORLD, Axes
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.views.frame import Frame
from pipeline.datasets.views.srn import Srn, without_white
from pipeline.datasets.views.view_source import Intrinsics
from tests.datasets.views.view_folders import known_views, write_srn

CHAIR = "03001627"
VIEWS = known_views(2, Intrinsics(60, 60, 24, 24))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "chairs_train" / "a"
    write_srn(folder, VIEWS)
    return folder


def srn(root: Path) -> Srn:
    return Srn(root, Frame(Axes(WORLD.up, WORLD.front), 1.0))


def test_folders_name_the_splits(tmp_path: Path) -> None:
    for folder in ("chairs_train/b", "chairs_val/c", "chair_test/d", "chairs_train/chairs_2.0_train/a"):
        write_srn(tmp_path / folder, VIEWS)
    source = srn(tmp_path)
    assert source.listing(CHAIR).ids == ["a", "b", "c", "d"]
    splits = source.splits(CHAIR)
    assert {name: splits[name] for name in "abcd"} == {"a": "train", "b": "train", "c": "val", "d": "test"}
    assert source.count(ObjectKey(CHAIR, "a")) == 2


@pytest.mark.parametrize(
    ("synset", "folder"), [("02958343", "cars"), ("02691156", "airplanes"), ("03790512", "motorbikes"), ("mug", "mug")]
)
def test_a_category_has_its_names(tmp_path: Path, synset: str, folder: str) -> None:
    write_srn(tmp_path / f"{folder}_test" / "a", VIEWS)
    assert srn(tmp_path).listing(synset).ids == ["a"]


def test_an_object_in_two_splits_is_in_none(tmp_path: Path) -> None:
    for folder in ("chairs_train/a", "chairs_test/a", "chairs_test/b"):
        write_srn(tmp_path / folder, VIEWS)
    listing = srn(tmp_path).listing(CHAIR)
    assert listing.ids == ["b"]
    assert listing.passed_over == {"a": "is in the folders of two splits"}
    with pytest.raises(DatasetError, match="keep one of them"):
        srn(tmp_path).count(ObjectKey(CHAIR, "a"))


def test_only_pure_white_is_background() -> None:
    rgba = np.array([[[255, 255, 255, 255], [255, 0, 0, 255], [254, 255, 255, 255]]], dtype=np.uint8)
    assert without_white(rgba)[..., 3].tolist() == [[0, 255, 255]]
    rgba[0, 1, 3] = 7  # an alpha of its own counts
    assert without_white(rgba)[..., 3].tolist() == [[255, 7, 255]]


def test_intrinsics_follow_the_size_of_the_picture(tmp_path: Path, folder: Path) -> None:
    (folder / "intrinsics.txt").write_text("131.25 64. 60. 0.\n0. 0. 0.\n1.\n192 192\n")
    view = srn(tmp_path).read(ObjectKey(CHAIR, "a"), np.array([0]))[0]
    assert view.intrinsics.array() == pytest.approx([131.25 / 4, 131.25 / 4, 16, 15])  # 48 of 192 pixels


def test_a_flag_says_that_poses_are_world_to_camera(tmp_path: Path, folder: Path) -> None:
    with (folder / "intrinsics.txt").open("a") as file:
        file.write("1\n")
    for path in (folder / "pose").iterdir():
        inverse = np.linalg.inv(np.array(path.read_text().split(), dtype=float).reshape(4, 4))
        path.write_text(" ".join(map(str, inverse.reshape(-1))))
    views = srn(tmp_path).read(ObjectKey(CHAIR, "a"), np.arange(2))
    assert all(np.allclose(now.pose, was.pose) for now, was in zip(views, VIEWS, strict=True))


def test_a_picture_without_its_pose_is_refused(tmp_path: Path, folder: Path) -> None:
    (folder / "pose" / "000001.txt").unlink()
    with pytest.raises(DatasetError, match=r"pose/000001\.txt: file: is missing"):
        srn(tmp_path).count(ObjectKey(CHAIR, "a"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "60 24 24 0\n0 0 0\n1\n",
        "60 24\n48 48\n",
        "-60 24 24 0\n48 48\n",
        "60 24 24 0\n0 0\n",
        "nan 1 1\n2 2",
        "60 24 24 0\n48 64",
        " " * 2**17,
    ],
)
def test_intrinsics_that_are_none_are_refused(tmp_path: Path, folder: Path, text: str) -> None:
    (folder / "intrinsics.txt").write_text(text)
    with pytest.raises(DatasetError, match=r"intrinsics\.txt"):
        srn(tmp_path).read(ObjectKey(CHAIR, "a"), np.array([0]))

"""What every collection of views must do, whatever its files: the same cameras around one point in all of them."""

import os
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image

from pipeline.config.sections.data import Source, ViewLayout
from pipeline.config.sections.views import Camera
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.views.layouts import VIEW_LAYOUTS
from pipeline.datasets.views.view_source import GivenView, Intrinsics, ViewSource
from pipeline.errors import UserError
from pipeline.manifests.describe import DescribeTask
from pipeline.manifests.describe_views import ViewDescriber
from tests.datasets.views.view_folders import (
    ANGLE_X,
    known_views,
    write_camera_npy,
    write_co3d,
    write_released,
    write_srn,
    write_transforms,
)

SYNSET = "03001627"
KEY = ObjectKey(SYNSET, "chair-1")
COUNT = 3
FOCAL = 0.5 * 48 / np.tan(0.5 * ANGLE_X)


@dataclass(frozen=True)
class Format:
    """A layout, the folder of its objects, how views are written there, and a camera that it can hold."""

    layout: ViewLayout
    folder: str
    write: Callable[[Path, Sequence[GivenView]], None]
    intrinsics: Intrinsics
    picture: str  # the first one, in the object's folder
    camera: str  # the file that holds the first camera
    width: int = 48
    turns: bool = True  # the settings give the frame of the cameras

    def open(self, root: Path, **source: Any) -> ViewSource:
        settings = Source(kind="renders", views_root=str(root), layout=self.layout, **source)
        return VIEW_LAYOUTS[self.layout](root, settings, Camera(angle_x=ANGLE_X))

    def views(self) -> list[GivenView]:
        return known_views(COUNT, self.intrinsics, width=self.width)


CENTRED = Intrinsics(FOCAL, FOCAL, 24, 24)
FORMATS = {
    "srn": Format(
        "srn", "chairs_train", write_srn, Intrinsics(60, 60, 25.5, 22.25), "rgb/000000.png", "pose/000000.txt"
    ),
    "transforms": Format(
        "transforms", "chair", write_transforms, Intrinsics(70, 55, 34.5, 22.25), "images/transforms_0.png",
        "transforms.json", width=64,
    ),
    "camera-npy": Format("camera-npy", SYNSET, write_camera_npy, CENTRED, "000.png", "000.npy"),
    "co3d": Format(
        "co3d", "chair", write_co3d, Intrinsics(70, 55, 34.5, 22.25), "images/frame000001.png",
        "../frame_annotations.jgz", width=64, turns=False,
    ),
    "released": Format(
        "released", f"img/{SYNSET}", write_released, CENTRED, "000000.png", f"../../../camera/{SYNSET}/{KEY.id}.json"
    ),
}  # fmt: skip


@pytest.fixture(params=list(FORMATS))
def form(request: pytest.FixtureRequest) -> Format:
    return FORMATS[request.param]


@pytest.fixture
def folder(form: Format, tmp_path: Path) -> Path:
    """The folder of KEY, written."""
    folder = tmp_path / form.folder / KEY.id
    form.write(folder, form.views())
    return folder


@pytest.fixture
def source(form: Format, folder: Path, tmp_path: Path) -> ViewSource:
    assert folder.is_relative_to(tmp_path)
    return form.open(tmp_path)


def test_each_layout_has_a_reader() -> None:
    assert set(VIEW_LAYOUTS) == set(get_args(ViewLayout))


def test_listing_is_sorted_and_names_are_plain(form: Format, folder: Path, source: ViewSource) -> None:
    form.write(folder.with_name("a"), form.views())
    (folder.parent / "empty").mkdir()
    (folder.parent / "with?mark").mkdir()
    for name in (".git", "__MACOSX"):
        (folder.parent / name).mkdir()
    listing = source.listing(SYNSET)
    assert listing.ids == ["a", KEY.id]
    assert set(listing.passed_over) == {"empty", "with?mark"}


def test_files_of_apple_double_are_no_views(folder: Path, source: ViewSource) -> None:
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        path.with_name(f"._{path.name}").write_bytes(b"\0\5\x16\7")
    assert source.count(KEY) == COUNT
    assert not any(file.name.startswith(".") for file in source.files(KEY))


def test_a_category_without_a_folder_is_a_sentence(source: ViewSource) -> None:
    with pytest.raises(UserError, match=r"source\.views_root: .* has no folder"):
        source.listing("02691156")


def test_cameras_and_pictures_are_what_was_written(form: Format, source: ViewSource) -> None:
    assert source.count(KEY) == COUNT
    for was, now in zip(form.views(), source.read(KEY, np.arange(COUNT)), strict=True):
        assert np.allclose(now.pose, was.pose, atol=1e-12)
        assert np.allclose(now.intrinsics.array(), was.intrinsics.array(), atol=1e-9)
        assert np.array_equal(now.rgba[..., 3], was.rgba[..., 3])
        seen = was.rgba[..., 3] > 0
        assert np.array_equal(now.rgba[seen], was.rgba[seen])


def test_views_are_read_by_number_in_any_order(source: ViewSource) -> None:
    all_views = source.read(KEY, np.arange(COUNT))
    for number, view in zip((2, 0), source.read(KEY, np.array([2, 0])), strict=True):
        assert np.array_equal(view.pose, all_views[number].pose)


def test_files_are_all_that_the_object_has(folder: Path, source: ViewSource) -> None:
    """And those that it shares with other objects."""
    own = folder.relative_to(source.root)
    there = {path.relative_to(source.root).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {str(file) for file in source.files(KEY) if file.is_relative_to(own)} == there
    assert all((source.root / file).is_file() for file in source.files(KEY))
    assert any(file.is_relative_to(part) for part in source.folders(SYNSET) for file in source.files(KEY))


@pytest.mark.usefixtures("folder")
def test_the_settings_turn_and_scale_the_world(form: Format, tmp_path: Path) -> None:
    if not form.turns:
        pytest.skip("its sequences are brought into the world one by one")
    source = form.open(tmp_path, up="+z", front="+y", scale=2.0)
    matrix = source.world_from_source(KEY)
    assert np.allclose(matrix @ [0, 0, 1, 0], [0, 2, 0, 0])  # the source's top is the world's, twice as long
    assert np.allclose(matrix @ [0, 1, 0, 0], [0, 0, -2, 0])
    assert np.linalg.det(matrix[:3, :3]) == pytest.approx(8)


def test_a_source_without_labels_says_so(source: ViewSource) -> None:
    assert source.part_names(SYNSET) == ()
    assert source.labels(KEY, np.arange(COUNT)) is None


def test_a_source_can_be_sent_to_a_worker(source: ViewSource) -> None:
    sent = pickle.loads(pickle.dumps(source))  # noqa: S301
    assert sent.count(KEY) == COUNT


@pytest.mark.parametrize("name", ["..", "../chair-1", "a/b", "", ".hidden"])
def test_a_name_that_leads_elsewhere_is_refused(source: ViewSource, name: str) -> None:
    for key in (ObjectKey(SYNSET, name), ObjectKey(name, KEY.id)):
        for method in (source.count, source.files, source.world_from_source):
            with pytest.raises(DatasetError):
                method(key)
        with pytest.raises(DatasetError):
            source.read(key, np.arange(1))


def test_a_missing_object_is_an_error_of_its_own(source: ViewSource) -> None:
    with pytest.raises(DatasetError, match="missing"):
        source.count(ObjectKey(SYNSET, "nobody"))


def test_a_pipe_in_a_pictures_place_does_not_hang_the_manifest(form: Format, folder: Path, source: ViewSource) -> None:
    (folder / form.picture).unlink()
    os.mkfifo(folder / form.picture)
    with pytest.raises(DatasetError, match="is no plain file"):
        ViewDescriber(source, form.layout, COUNT)()(DescribeTask(KEY, "train"))


def test_a_picture_of_too_many_pixels_is_refused(form: Format, folder: Path, source: ViewSource) -> None:
    Image.new("1", (2**14, 2**13)).save(folder / form.picture)
    with pytest.raises(DatasetError, match="16384 x 8192 pixels"):
        source.read(KEY, np.arange(1))


@pytest.mark.parametrize("content", [b"", b"no camera at all", b"1 2 3", b"\x93NUMPY\x01\x00", b"[" * 100_000, b"{}"])
def test_a_broken_camera_is_refused(form: Format, folder: Path, source: ViewSource, content: bytes) -> None:
    (folder / form.camera).write_bytes(content)
    with pytest.raises(DatasetError):
        source.read(KEY, np.arange(1))


@pytest.mark.parametrize(
    "spoil", [np.diag([1.0, 1.0, -1.0, 1.0]), np.diag([2.0, 2.0, 2.0, 1.0]), np.full((4, 4), np.nan)]
)
def test_a_pose_that_is_not_rigid_is_refused(form: Format, tmp_path: Path, spoil: np.ndarray) -> None:
    view = form.views()[0]
    form.write(tmp_path / form.folder / KEY.id, [GivenView(view.rgba, view.pose @ spoil, view.intrinsics)])
    with pytest.raises(DatasetError, match=r"rotation|finite"):
        form.open(tmp_path).read(KEY, np.arange(1))


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n broken", b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_a_broken_picture_is_refused_with_the_same_words_each_time(
    form: Format, folder: Path, source: ViewSource, content: bytes
) -> None:
    (folder / form.picture).write_bytes(content)
    for _ in range(2):
        with pytest.raises(DatasetError, match=r"cannot be decoded: it is no PNG, JPEG or WebP$"):
            source.read(KEY, np.arange(1))

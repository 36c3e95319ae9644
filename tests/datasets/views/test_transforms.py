"""What only transforms.json has: cameras in angles or pixels, several files of one object, keys that are refused."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.axes import WORLD, Axes
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.views.frame import Frame
from pipeline.datasets.views.transforms import Transforms
from pipeline.datasets.views.view_source import GivenView, Intrinsics
from tests.datasets.views.view_folders import known_views, write_transforms

KEY = ObjectKey("mug", "a")
VIEWS = known_views(2, Intrinsics(60, 50, 24, 24))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mug" / "a"
    write_transforms(folder, VIEWS)
    return folder


def read(folder: Path) -> list[GivenView]:
    source = Transforms(folder.parents[1], Frame(Axes(WORLD.up, WORLD.front), 1.0))
    return source.read(KEY, np.arange(source.count(KEY)))


def change(folder: Path, frame: dict[str, Any] | None = None, drop: tuple[str, ...] = (), **keys: Any) -> None:
    """Change keys of the file, and of its first frame; drop some from all frames."""
    path = folder / "transforms.json"
    content = json.loads(path.read_text()) | keys
    content["frames"] = [{k: v for k, v in f.items() if k not in drop} for f in content["frames"]]
    content["frames"][0] |= frame or {}
    path.write_text(json.dumps(content))


CAMERA = ("fl_x", "fl_y", "cx", "cy", "w", "h")


def test_blender_gives_an_angle_and_leaves_suffixes_out(folder: Path) -> None:
    change(folder, {"file_path": "./images/transforms_0"}, CAMERA, camera_angle_x=2 * math.atan(0.4))
    view = read(folder)[0]
    assert view.intrinsics.array() == pytest.approx([60, 60, 24, 24])  # half of 48 pixels over 0.4
    assert np.array_equal(view.rgba, VIEWS[0].rgba)


def test_a_frame_goes_before_the_file(folder: Path) -> None:
    change(folder, {"fl_x": 10.0}, CAMERA, fl_x=30.0, cx=20.0)
    assert [view.intrinsics.fx for view in read(folder)] == [10, 30]
    assert [view.intrinsics.cx for view in read(folder)] == [20, 20]


def test_intrinsics_follow_the_size_of_the_picture(folder: Path) -> None:
    change(folder, {"w": 96, "h": 96})
    assert read(folder)[0].intrinsics.array() == pytest.approx([30, 25, 12, 12])


def test_three_files_are_views_of_one_object(tmp_path: Path) -> None:
    folder = tmp_path / "mug" / "a"
    for name, view in zip(("test", "train"), VIEWS, strict=True):
        write_transforms(folder, [view], f"transforms_{name}.json")
    train, test = read(folder)
    assert np.allclose(train.pose, VIEWS[1].pose)
    assert np.allclose(test.pose, VIEWS[0].pose)


def test_a_picture_without_alpha_is_opaque(folder: Path) -> None:
    Image.fromarray(VIEWS[0].rgba[..., :3]).save(folder / "images" / "transforms_0.png")
    assert (read(folder)[0].rgba[..., 3] == 255).all()


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ({"file_path": "../../secret.png"}, "leads out of its folder"),
        ({"file_path": "..\\..\\secret.png"}, "leads out of its folder"),
        ({"file_path": "/etc/passwd"}, "leads out of its folder"),
        ({"file_path": "images/no"}, "is missing"),
        ({"file_path": ""}, "leads out of its folder"),
        ({"file_path": 7}, "file_path: is missing or no text"),
        ({"file_path": "a\0b.png"}, "leads out of its folder"),
        ({"k1": 0.02}, r"frames\[0\]\.k1: is not 0: undistort"),
        ({"p2": -1e-3}, r"frames\[0\]\.p2: is not 0: undistort"),
        ({"camera_model": "OPENCV_FISHEYE"}, "camera_model: is OPENCV_FISHEYE: undistort"),
        ({"is_fisheye": True}, "is fisheye: undistort"),
        ({"fl_x": "long"}, "fl_x: long is no number"),
        ({"fl_x": True}, "fl_x: True is no number"),
        ({"fl_x": 0}, "focal length of 0"),
        ({"w": -3}, "no image's size"),
        ({"cx": 1e11}, "principal point"),
        ({"transform_matrix": [[1, 2], [3]]}, "transform_matrix: is no matrix"),
        ({"transform_matrix": None}, "transform_matrix"),
        ({"transform_matrix": [[1, 0, 0]] * 4}, r"transform_matrix: has the shape \(4, 3\)"),
        ({"transform_matrix": [[10**400] * 4] * 4}, "transform_matrix"),
        ({"transform_matrix": [[1, 0, 0, 1e90], [0, 1, 0, 0], [0, 0, 1, 0]]}, r"beyond 1e\+09"),
        ({"file_path": "."}, "leads out of its folder"),
        ({"file_path": "a" * 300}, "cannot be read: File name too long"),
        ({"file_path": "\ud800"}, "cannot be read"),
        ({"w": 64, "h": 48}, "has another shape than its picture: 64 x 48 and 48 x 48 pixels"),
        ({"w": 1e-300, "h": 1e-300}, "which is no camera"),
    ],
)
def test_a_frame_that_cannot_be_used_is_named(folder: Path, frame: dict[str, Any], words: str) -> None:
    (folder.parents[1] / "secret.png").write_bytes(b"")
    change(folder, frame)
    with pytest.raises(DatasetError, match=words):
        read(folder)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        *(({"camera_angle_x": angle}, "camera_angle_x: .* is no angle of view") for angle in (5e-324, 0, 3.2, -1)),
        ({}, "has neither camera_angle_x nor fl_x"),
    ],
)
def test_a_camera_without_an_angle_or_focal_length_is_refused(folder: Path, keys: dict[str, float], words: str) -> None:
    change(folder, drop=CAMERA, **keys)
    with pytest.raises(DatasetError, match=words):
        read(folder)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000 + "]" * 100_000, "no valid json|recursion"),
        ('{"frames": [' + "{}," * 1_000_000 + "{}]}", "are more than 100000"),
        ('{"frames": [' + "{}," * 200_000 + "{}]}", "are more than 100000"),
        ('{"frames": {}}', "is no list of frames"),
        ('{"frames": []}', "are none"),
        ("[]", "is no list of frames"),
        (" " * 2**25 + "{}", "is too large"),
    ],
    ids=["deep", "million", "many", "mapping", "none", "list", "large"],
)
def test_a_file_that_is_no_list_of_frames_is_refused(folder: Path, text: str, words: str) -> None:
    (folder / "transforms.json").write_text(text)
    with pytest.raises(DatasetError, match=words):
        read(folder)

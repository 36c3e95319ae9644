"""Arrays of the released data: to files and back they are the same, and what no such file holds is refused."""

import math
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pytest

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.released.annotations import (
    keypoint_pixel_labels,
    read_keypoint_pixels,
    read_keypoints,
    read_part_maps,
    read_part_points,
)
from pipeline.datasets.released.cameras import cameras_content, common_angle, read_cameras
from render.cameras import centred_intrinsics, look_at, project

FILE = PurePosixPath("a.npz")
SIZE = (24, 32)  # height, width


def test_a_keypoint_by_hand() -> None:
    labels = keypoint_pixel_labels(np.array([[[10.9, 3.2], [5.0, 5.0]]]), np.array([[True, False]]), SIZE)
    assert labels[0].tolist() == [[10, 3, 0]]
    uv, visible = read_keypoint_pixels(np.array([[[10, 3, 2]]]))  # where all views have as many it may be one array
    assert uv[0, 2].tolist() == [10.5, 3.5]
    assert visible.tolist() == [[False, False, True]]


def test_a_keypoint_outside_the_image_is_not_written() -> None:
    uv = np.array([[[-0.1, 3.0], [31.9, 23.9], [32.0, 3.0], [3.0, 24.0]]])
    assert keypoint_pixel_labels(uv, np.ones((1, 4), bool), SIZE)[0].tolist() == [[31, 23, 1]]


def test_a_point_projects_as_the_released_evaluation_projects_it() -> None:
    """K [R | t] of the written matrix, as OpenCV has it, gives the project's own continuous pixel."""
    pose, point = look_at(np.array([0.4, 0.9, -1.1])), np.array([0.1, -0.2, 0.15])
    content = cameras_content(0.8, ["0.png"], pose[None])
    world_to_camera = np.linalg.inv(np.array(content["frames"][0]["transform_matrix"]))
    x, y, z = (world_to_camera @ [*point, 1])[:3]
    focal = 32 / (2 * math.tan(content["camera_angle_x"] / 2))
    expected, _ = project(point[None], pose, centred_intrinsics(32, 0.8))
    np.testing.assert_allclose([focal * x / z + 16, focal * y / z + 16], expected[0], atol=1e-9)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ([0, 0, 0, 0], None),
        ([1, 1, 0, 0], "focal lengths differ"),
        ([0, 1, 0, 0], "focal lengths differ"),
        ([0, 0, 1, 0], "not the picture's middle"),
        ([0, 0, 0, -0.01], "not the picture's middle"),
        ([[0, 1, 0, 0]] * 3, "not square"),
    ],
)
def test_one_angle_must_fit_all_views(change: Any, reason: str | None) -> None:
    intrinsics = np.tile(centred_intrinsics(32, 0.8), (3, 1))
    intrinsics[slice(None) if np.ndim(change) == 2 else 1] += change
    if reason is None:
        assert common_angle(intrinsics, 32, 32) == pytest.approx(0.8, abs=1e-12)
        return
    with pytest.raises(ValueError, match=reason):
        common_angle(intrinsics, 32, 32)


FRAME = {"file_path": "0.png", "transform_matrix": np.eye(4).tolist()}


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ([], "file"),
        ({"frames": [FRAME]}, "camera_angle_x"),
        ({"camera_angle_x": 4, "frames": [FRAME]}, "camera_angle_x"),
        ({"camera_angle_x": True, "frames": [FRAME]}, "camera_angle_x"),
        ({"camera_angle_x": float("nan"), "frames": [FRAME]}, "camera_angle_x"),
        ({"camera_angle_x": 1, "frames": []}, "frames"),
        ({"camera_angle_x": 1, "frames": [1]}, "frames"),
        ({"camera_angle_x": 1, "frames": [FRAME] * 10_001}, "frames"),
        ({"camera_angle_x": 1, "frames": [{**FRAME, "file_path": "../0.png"}]}, "frames[0].file_path"),
        ({"camera_angle_x": 1, "frames": [FRAME, {**FRAME, "file_path": "../a/0.png"}]}, "frames[1].file_path"),
        ({"camera_angle_x": 1, "frames": [{**FRAME, "file_path": "/0.png"}]}, "frames[0].file_path"),
        ({"camera_angle_x": 1, "frames": [{**FRAME, "file_path": ".png"}]}, "frames[0].file_path"),
        ({"camera_angle_x": 1, "frames": [FRAME, {**FRAME, "file_path": "0.jpg"}]}, "frames[1].file_path"),
        ({"camera_angle_x": 1, "frames": [{**FRAME, "file_path": 3}]}, "frames[0].file_path"),
        ({"camera_angle_x": 1, "frames": [{"file_path": "0.png"}]}, "frames[0].transform_matrix"),
        ({"camera_angle_x": 1, "frames": [{**FRAME, "transform_matrix": [[1e999] * 4] * 4}]}, "frames[0].transform"),
    ],
)
def test_wrong_cameras_are_refused(content: Any, field: str) -> None:
    with pytest.raises(DatasetError) as caught:
        read_cameras(content, FILE)
    assert caught.value.field.startswith(field)


POINTS, ONE = np.zeros((2, 3)), np.zeros((1, 4))


@pytest.mark.parametrize(
    ("read", "given_arrays"),
    [
        (read_part_maps, [np.zeros((4, 4), np.int64)]),
        (read_part_maps, [np.full((1, 4, 4), 256)]),
        (read_part_maps, [np.full((1, 4, 4), -1)]),
        (read_part_maps, [np.zeros((1, 4, 4))]),
        (read_part_points, [POINTS, np.zeros(3, np.int64)]),
        (read_part_points, [np.full((2, 3), np.nan), np.zeros(2, np.int64)]),
        (read_part_points, [POINTS.astype(object), np.zeros(2, np.int64)]),
        (read_keypoints, [POINTS, np.zeros((1, 3))]),
        (read_keypoints, [POINTS, np.concatenate([ONE, ONE])]),  # one id twice
        (read_keypoints, [POINTS, ONE + 0.5]),
        (read_keypoints, [POINTS, ONE - 1]),
        (read_keypoints, [POINTS, ONE + 1000]),
        (read_keypoint_pixels, [np.zeros((1, 2, 2))]),
        (read_keypoint_pixels, [np.full((1, 1, 3), 0.5)]),
        (read_keypoint_pixels, [np.full((1, 1, 3), np.nan)]),
        (read_keypoint_pixels, [np.full((1, 1, 3), 2.0**40)]),
        (read_keypoint_pixels, [np.zeros((1, 2, 3))]),  # one id twice
        (read_keypoint_pixels, [np.zeros((10_001, 0, 3))]),  # as many views as would fill the memory
    ],
)
def test_wrong_annotations_are_refused(read: Any, given_arrays: list[np.ndarray]) -> None:
    with pytest.raises(ValueError, match=r"^(has|holds|is) "):
        read(*given_arrays)

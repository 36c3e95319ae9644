"""Keypoints and parts by projection."""

import numpy as np
import pytest

from pipeline.config.settings import Camera, load_settings
from render.cameras import centred_intrinsics, look_at, project
from render.labels import part_maps, visible_keypoints
from render.prepared_mesh import prepare
from render.raycast import RayCaster, cast_depth
from tests.render.meshes import cube


@pytest.fixture(scope="module")
def camera() -> Camera:
    return load_settings().camera


@pytest.fixture(scope="module")
def poses() -> np.ndarray:
    return np.stack([look_at(np.array([0.0, 0.0, 1.3])), look_at(np.array([0.0, 0.0, -1.3]))])


@pytest.fixture(scope="module")
def depth(camera: Camera, poses: np.ndarray) -> np.ndarray:
    caster = RayCaster(prepare(cube(0.4), np.eye(4)))
    return np.stack([cast_depth(caster, pose, camera) for pose in poses])


def test_a_keypoint_is_seen_from_its_side_only(camera: Camera, poses: np.ndarray, depth: np.ndarray) -> None:
    xyz = np.array([[0.05, 0.1, 0.2], [np.nan] * 3, [0.05, 0.1, -0.2]])
    uv, visible = visible_keypoints(xyz, depth, poses, camera, 0.01)
    assert visible.tolist() == [[True, False, False], [False, False, True]]
    assert np.isnan(uv[:, 1]).all()
    intrinsics = centred_intrinsics(camera.size, camera.angle_x)
    np.testing.assert_allclose(uv[0, 0], project(xyz[:1], poses[0], intrinsics)[0][0], rtol=1e-6)


def test_a_keypoint_on_the_silhouette_is_seen(camera: Camera, poses: np.ndarray, depth: np.ndarray) -> None:
    # the corner of the front face: its pixel's centre may miss the cube
    _, visible = visible_keypoints(np.array([[0.2, 0.2, 0.2]]), depth, poses, camera, 0.01)
    assert visible[:, 0].tolist() == [True, False]


def test_a_keypoint_outside_the_image_is_not_seen(camera: Camera, poses: np.ndarray, depth: np.ndarray) -> None:
    _, visible = visible_keypoints(np.array([[3.0, 0.0, 0.2]]), depth, poses, camera, 0.01)
    assert not visible.any()


def test_tolerance_decides_what_lies_just_behind_the_surface(
    camera: Camera, poses: np.ndarray, depth: np.ndarray
) -> None:
    behind = np.array([[0.0, 0.0, 0.2 - 0.02]])
    assert not visible_keypoints(behind, depth, poses, camera, 0.01)[1][0, 0]
    assert visible_keypoints(behind, depth, poses, camera, 0.03)[1][0, 0]


def test_pixels_take_the_label_of_the_nearest_point(camera: Camera, poses: np.ndarray, depth: np.ndarray) -> None:
    x = np.linspace(-0.2, 0.2, 41)
    front = np.stack([*(a.reshape(-1) for a in np.meshgrid(x, x)), np.full(41 * 41, 0.2)], axis=1)
    label = np.where(front[:, 0] > 0, 2, 1).astype(np.uint8)
    maps = part_maps(front, label, depth, poses, camera, 0.05)
    seen = depth > 0
    assert (maps[~seen] == 0).all()
    assert maps[0, 64, 60] == 1 and maps[0, 64, 68] == 2
    assert (maps[0][seen[0]] > 0).all()
    # the back face is 0.4 away from every annotated point
    assert (maps[1, 60:68, 60:68] == 0).all()


def test_without_annotation_nothing_is_labelled(camera: Camera, poses: np.ndarray, depth: np.ndarray) -> None:
    assert not part_maps(np.zeros((0, 3)), np.zeros(0, dtype=np.uint8), depth, poses, camera, 0.05).any()

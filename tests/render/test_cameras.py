"""Poses, rays, projection, the two depths."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config.settings import load_settings
from pipeline.datasets.records import ObjectKey
from render.cameras import (
    camera_directions,
    centred_intrinsics,
    focal,
    hemisphere_poses,
    look_at,
    object_poses,
    orbit_pose,
    project,
    unproject,
)

ANGLE = 0.8575560450553894


def test_focal_length_by_hand() -> None:
    # 90 degrees: half the width is seen at the distance of the focal length
    assert focal(128, np.pi / 2) == pytest.approx(64)


def test_camera_in_front_of_the_object_sees_it_upright() -> None:
    # At -Z, looking along +Z: the camera's right is world -X, so a point at +X appears at the left, +Y at the top.
    pose = look_at(np.array([0.0, 0.0, -1.3]))
    uv, depth = project(np.array([[0.0, 0, 0], [0.1, 0, 0], [0, 0.1, 0]]), pose, centred_intrinsics(128, ANGLE))
    np.testing.assert_allclose(uv[0], [64, 64], atol=1e-9)
    assert uv[1, 0] < 64 and uv[1, 1] == pytest.approx(64)
    assert uv[2, 1] < 64 and uv[2, 0] == pytest.approx(64)
    np.testing.assert_allclose(depth, 1.3)


def test_a_point_projects_where_the_formula_by_hand_says() -> None:
    pose = look_at(np.array([0.0, 0.0, 2.0]))  # looks along -Z: right is +X
    uv, depth = project(np.array([[0.5, -0.25, 0.0]]), pose, centred_intrinsics(100, np.pi / 2))
    # focal 50; u = 50 + 50 * 0.5 / 2, v = 50 + 50 * 0.25 / 2
    np.testing.assert_allclose(uv, [[62.5, 56.25]])
    np.testing.assert_allclose(depth, [2.0])


def test_poses_are_rigid_and_look_at_the_origin() -> None:
    poses = hemisphere_poses(np.random.default_rng(0), 200, 1.3)
    rotation = poses[:, :3, :3]
    np.testing.assert_allclose(
        rotation.transpose(0, 2, 1) @ rotation, np.broadcast_to(np.eye(3), (200, 3, 3)), atol=1e-12
    )
    np.testing.assert_allclose(np.linalg.det(rotation), 1)
    np.testing.assert_allclose(poses[:, :3, 3], 1.3 * poses[:, :3, 2])
    assert (poses[:, 1, 3] >= 0).all()


def test_a_camera_straight_above_has_a_pose() -> None:
    pose = look_at(np.array([0.0, 1.3, 0.0]))
    assert np.linalg.det(pose[:3, :3]) == pytest.approx(1)


def test_heights_are_uniform_as_area_on_the_hemisphere() -> None:
    heights = hemisphere_poses(np.random.default_rng(1), 20000, 1.0)[:, 1, 3]
    # Uniform in [0, 1]: a quarter of the cameras in each quarter; the standard error is 0.003
    shares = np.histogram(heights, bins=4, range=(0, 1))[0] / 20000
    np.testing.assert_allclose(shares, 0.25, atol=0.015)


def test_train_objects_have_own_poses_and_the_others_share_theirs() -> None:
    camera = load_settings().camera
    a, b = ObjectKey("02691156", "a"), ObjectKey("02691156", "b")
    assert not np.array_equal(object_poses(camera, a, "train"), object_poses(camera, b, "train"))
    assert np.array_equal(object_poses(camera, a, "train"), object_poses(camera, a, "train"))
    assert np.array_equal(object_poses(camera, a, "test"), object_poses(camera, b, "val"))
    # ten ids live in two synsets
    assert not np.array_equal(
        object_poses(camera, a, "train"), object_poses(camera, ObjectKey("03001627", "a"), "train")
    )


def test_rays_go_through_pixel_centres() -> None:
    directions = camera_directions(4, np.pi / 2).reshape(4, 4, 3)
    # focal 2; the first pixel's centre is at (0.5, 0.5), 1.5 left of and above the middle
    np.testing.assert_allclose(directions[0, 0], np.array([-0.75, 0.75, -1]) / np.linalg.norm([0.75, 0.75, 1]))


def test_supersampled_rays_average_to_the_pixel() -> None:
    fine = camera_directions(4, ANGLE, supersampling=2)
    fine = (fine / -fine[:, 2:]).reshape(4, 2, 4, 2, 3).mean(axis=(1, 3))
    coarse = camera_directions(4, ANGLE)
    np.testing.assert_allclose(fine.reshape(-1, 3), coarse / -coarse[:, 2:], atol=1e-12)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_unproject_inverts_project(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pose = hemisphere_poses(rng, 1, 1.3)[0]
    depth = rng.uniform(0.8, 1.8, (16, 16))
    points = unproject(depth, pose, ANGLE)
    uv, along = project(points.reshape(-1, 3), pose, centred_intrinsics(16, ANGLE))
    rows, columns = np.indices((16, 16))
    np.testing.assert_allclose(uv, np.stack([columns, rows], -1).reshape(-1, 2) + 0.5, atol=1e-9)
    np.testing.assert_allclose(along, depth.reshape(-1))


def test_the_orbit_by_hand() -> None:
    np.testing.assert_allclose(orbit_pose(0, 0, 2)[:3, 3], [0, 0, 2], atol=1e-12)
    np.testing.assert_allclose(orbit_pose(90, 0, 2)[:3, 3], [2, 0, 0], atol=1e-12)
    np.testing.assert_allclose(orbit_pose(180, 30, 2)[:3, 3], [0, 1, -np.sqrt(3)], atol=1e-12)
    np.testing.assert_allclose(orbit_pose(40, 90, 2), look_at(np.array([0.0, 2.0, 0.0])), atol=1e-9)

"""A sequence comes into the world the same way, whatever frame and unit it has."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jaxtyping import Float64

from benchmarks.made_up_co3d import random_similarity
from pipeline.datasets.views.co3d.normalisation import (
    common_point,
    up_direction,
    world_from_cameras,
    world_from_points,
)
from pipeline.datasets.views.frame import pose_in_world
from render.cameras import orbit_pose

RING = np.stack([orbit_pose(a, 20 + 10 * np.sin(np.radians(3 * a)), 2.0) for a in np.arange(0, 360, 15.0)])
ARC = RING[:5]  # 60 degrees
BOX = np.stack(np.meshgrid(np.linspace(-1, 1, 9), np.linspace(0, 1, 9), np.linspace(-2, 2, 17)), -1).reshape(-1, 3)
SEEDS = st.integers(0, 2**32)


def moved(similarity: Float64[np.ndarray, "4 4"], poses: Float64[np.ndarray, "n 4 4"]) -> Float64[np.ndarray, "n 4 4"]:
    return np.stack([pose_in_world(similarity, pose) for pose in poses])


def test_level_cameras_meet_at_the_origin() -> None:
    for poses in (RING, ARC):
        assert common_point(poses) == pytest.approx(np.zeros(3), abs=1e-9)
        assert up_direction(poses) == pytest.approx([0, 1, 0], abs=1e-9)


def test_radius_and_first_camera() -> None:
    world = world_from_cameras(RING, 1.3)
    centre = moved(world, RING)[:, :3, 3]
    assert np.median(np.linalg.norm(centre, axis=1)) == pytest.approx(1.3)
    assert world[:3, :3] @ world[:3, :3].T == pytest.approx(0.65**2 * np.eye(3))
    assert centre[0, 0] == pytest.approx(0) and centre[0, 2] > 0


@given(SEEDS)
def test_cameras_tell_the_similarity(seed: int) -> None:
    """The similarity that a sequence came through is undone: cameras stand where they stood before."""
    source = random_similarity(np.random.default_rng(seed))
    for poses in (RING, ARC):
        back = world_from_cameras(moved(source, poses), 1.3) @ source
        assert back == pytest.approx(world_from_cameras(poses, 1.3), abs=1e-6)
        assert np.linalg.det(back[:3, :3]) > 0


@given(SEEDS)
def test_points_tell_the_similarity(seed: int) -> None:
    rng = np.random.default_rng(seed)
    source, cloud = random_similarity(rng), rng.normal(size=(300, 3)) * [1, 0.5, 2]
    back = world_from_points(cloud @ source[:3, :3].T + source[:3, 3], moved(source, RING), 0.7) @ source
    assert back == pytest.approx(world_from_points(cloud, RING, 0.7), abs=1e-6)


def test_the_points_box_is_centred_and_its_longest_edge_lies_along_z() -> None:
    turned = BOX @ orbit_pose(50, 0, 1)[:3, :3].T  # about the vertical
    world = world_from_points(turned, RING, 0.7)
    placed = turned @ world[:3, :3].T + world[:3, 3]
    assert np.ptp(placed, axis=0) == pytest.approx([0.35, 0.175, 0.7], abs=1e-6)
    assert placed.max(axis=0) == pytest.approx(-placed.min(axis=0), abs=1e-6)


def test_a_few_far_points_change_little() -> None:
    rng = np.random.default_rng(0)
    clean = rng.uniform(-1, 1, (5000, 3)) * [1, 2, 0.7]
    stray = np.concatenate([clean, rng.uniform(-30, 30, (40, 3))])
    with_stray, without = (world_from_points(points, RING, 0.7) for points in (stray, clean))
    assert np.linalg.det(with_stray[:3, :3]) == pytest.approx(np.linalg.det(without[:3, :3]), rel=0.1)


def test_cameras_on_one_line_use_their_mean_up_axis() -> None:
    ahead = np.stack([orbit_pose(0, 0, radius) for radius in (2.0, 3.0, 4.0)])
    assert up_direction(ahead) == pytest.approx([0, 1, 0], abs=1e-9)
    with pytest.raises(ValueError, match="almost parallel"):
        world_from_cameras(ahead, 1.3)


def test_cameras_that_look_away_are_refused() -> None:
    away = RING.copy()
    away[:, :3, [0, 2]] *= -1
    with pytest.raises(ValueError, match="look away"):
        world_from_cameras(away, 1.3)
    with pytest.raises(ValueError, match="no extent"):
        world_from_points(np.zeros((9, 3)), RING, 0.7)

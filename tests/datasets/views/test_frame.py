"""The world of a collection: cameras move as rigid bodies, and silhouettes tell how far the object reaches."""

import numpy as np
import pytest

from pipeline.datasets.axes import Axes
from pipeline.datasets.views.frame import Frame, pose_in_world
from render.cameras import orbit_pose
from render.silhouette_reach import silhouette_reach


def test_the_frame_of_the_world_changes_no_bit() -> None:
    pose = orbit_pose(50, 20, 3.0)
    assert np.array_equal(pose_in_world(Frame(Axes("+y", "-z"), 1.0).world_from_source(), pose), pose)


def test_a_ball_reaches_as_far_as_its_silhouette() -> None:
    size, focal, radius, distances = 400, 500.0, 0.3, (1.2, 1.7)
    poses = np.stack([orbit_pose(30 * n, 25, distance) for n, distance in enumerate(distances)])
    at = np.arange(size) + 0.5 - size / 2
    slope = np.hypot(*np.meshgrid(at, at)) / focal
    # a ray at an angle a from the axis passes the centre at distance * sin(a)
    seen = np.stack([distance * np.sin(np.arctan(slope)) <= radius for distance in distances])
    intrinsics = np.tile([focal, focal, size / 2, size / 2], (2, 1))
    nearest, farthest = silhouette_reach(seen, poses, intrinsics)
    assert (nearest, farthest) == pytest.approx((1.2 - radius, 1.7 + radius), abs=0.005)
    assert silhouette_reach(np.zeros_like(seen), poses, intrinsics) == pytest.approx(distances)

"""Depth and hits against closed forms."""

import numpy as np
import pytest

from pipeline.config.settings import Camera, load_settings
from render.cameras import camera_directions, look_at, unproject
from render.prepared_mesh import prepare
from render.raycast import RayCaster, cast_depth, foreground, rays_at
from tests.render.meshes import GREY, cube, square


@pytest.fixture(scope="module")
def camera() -> Camera:
    return load_settings().camera.model_copy(update={"size": 64})


def test_depth_of_a_square_is_its_distance_along_the_axis(camera: Camera) -> None:
    caster = RayCaster(prepare(square(0.2, 0.5, GREY), np.eye(4)))
    depth = cast_depth(caster, look_at(np.array([0.0, 0.0, 1.3])), camera)
    seen = foreground(depth)
    np.testing.assert_allclose(depth[seen], 1.1, atol=1e-6)
    # a pixel is foreground where its centre's ray meets the square: half-width 0.25 at distance 1.1
    half = 0.25 / 1.1 * (64 / 2) / np.tan(camera.angle_x / 2)
    inside = np.abs(np.arange(64) + 0.5 - 32) < half
    np.testing.assert_array_equal(seen, inside[:, None] & inside)


def test_points_of_a_cube_lie_on_it_and_the_front_is_seen(camera: Camera) -> None:
    caster = RayCaster(prepare(cube(0.4), np.eye(4)))
    pose = look_at(1.3 * np.array([0.48, 0.6, 0.64]))
    depth = cast_depth(caster, pose, camera)
    points = unproject(depth, pose, camera.angle_x)[foreground(depth)]
    np.testing.assert_allclose(np.abs(points).max(axis=1), 0.2, atol=1e-6)
    outward = points / np.abs(points).max(axis=1, keepdims=True)
    side = np.where(np.abs(outward) > 1 - 1e-6, np.sign(outward), 0)
    towards = pose[:3, 3] - points
    assert (np.einsum("ij,ij->i", side, towards) > 0).all()


def test_no_ray_outside_the_window_hits(camera: Camera) -> None:
    prepared = prepare(cube(0.5), np.eye(4))
    pose = look_at(1.3 * np.array([0.6, 0.0, 0.8]))
    every = RayCaster(prepared).cast(pose[:3, 3], camera_directions(camera.size, camera.angle_x) @ pose[:3, :3].T)
    window = rays_at(prepared, pose, camera)
    assert set(every.ray) <= set(window)
    assert len(window) < camera.size**2


def test_barycentric_coordinates_give_the_point() -> None:
    prepared = prepare(cube(1.0), np.eye(4))
    origin = np.array([0.1, 0.2, 3.0])
    hits = RayCaster(prepared).cast(origin, np.array([[0.0, 0, -1], [0, 1, 0]]))
    assert hits.ray.tolist() == [0]
    corners = prepared.vertices[prepared.faces[hits.face[0]]]
    np.testing.assert_allclose(hits.barycentric[0] @ corners, [0.1, 0.2, 0.5], atol=1e-12)
    assert hits.distance[0] == pytest.approx(2.5)


def test_slope_tells_the_front_from_the_back() -> None:
    # A square of two faces of area 1/2, wound counter-clockwise as seen from +Z: twice the area is 1.
    caster = RayCaster(prepare(square(0.0, 1.0, GREY), np.eye(4)))
    for z, slope in ((2.0, -1.0), (-2.0, 1.0)):
        hits = caster.cast(np.array([0.1, 0.2, z]), np.array([[0.0, 0.0, -np.sign(z)]]))
        assert hits.slope.tolist() == pytest.approx([slope])


def test_no_rays_hit_nothing() -> None:
    hits = RayCaster(prepare(cube(1.0), np.eye(4))).cast(np.array([0.0, 0.0, 3.0]), np.zeros((0, 3)))
    assert len(hits.ray) == len(hits.face) == len(hits.barycentric) == len(hits.distance) == 0

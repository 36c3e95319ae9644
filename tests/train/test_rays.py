import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.settings import Camera
from render import cameras
from train.rays import NEAREST_DEPTH, pixel_rays, project, rotate_to_camera

SIZE, ANGLE = 128, 0.8575560450553894
POSES = torch.from_numpy(cameras.hemisphere_poses(np.random.default_rng(0), 8, 1.3))


def test_the_ray_of_a_pixel_by_hand() -> None:
    # A 2-pixel image that sees 90 degrees has focal length 1: its pixel centres lie half a pixel beside the axis.
    pose = torch.eye(4, dtype=torch.float64)
    pose[:3, 3] = torch.tensor([1.0, 2.0, 3.0])
    rays = pixel_rays(torch.tensor([[0, 1]]), pose[None], size=2, angle_x=np.pi / 2)
    expected = torch.tensor([[0.5, 0.5, -1.0]], dtype=torch.float64) / 1.5**0.5
    torch.testing.assert_close(rays.direction, expected)
    torch.testing.assert_close(rays.origin, pose[None, :3, 3])


def test_a_ray_between_pixels_by_hand() -> None:
    # Where the four pixels in the middle of a 4-pixel image meet, the camera looks along its axis.
    rays = pixel_rays(torch.tensor([[1.5, 1.5]]), torch.eye(4)[None], size=4, angle_x=np.pi / 2)
    assert rays.direction.tolist() == [[0, 0, -1]]


def test_rays_are_those_of_the_renderer(camera: Camera) -> None:
    size = camera.size
    grid = torch.stack(torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij"), dim=-1).reshape(-1, 2)
    rays = pixel_rays(grid, POSES[0].expand(size * size, 4, 4), size, camera.angle_x)
    expected = cameras.camera_directions(size, camera.angle_x) @ POSES[0, :3, :3].numpy().T
    np.testing.assert_allclose(rays.direction.numpy(), expected, atol=1e-14)


@given(st.integers(0, 127), st.integers(0, 127), st.integers(0, 7), st.floats(0.8, 1.8))
def test_a_point_on_a_ray_projects_to_its_pixel_centre(row: int, col: int, view: int, depth: float) -> None:
    pose = POSES[view]
    rays = pixel_rays(torch.tensor([[row, col]]), pose[None], SIZE, ANGLE)
    point = rays.points(torch.tensor([[depth]], dtype=torch.float64))[:, 0]
    in_camera = rotate_to_camera(point - pose[:3, 3], pose)
    expected = torch.tensor([[col + 0.5, row + 0.5]], dtype=torch.float64)
    torch.testing.assert_close(project(in_camera, SIZE, ANGLE), expected, rtol=0, atol=1e-9)


def test_projection_is_the_renderers() -> None:
    points = np.random.default_rng(1).uniform(-0.4, 0.4, (20, 3))
    for pose in POSES:
        expected, _ = cameras.project(points, pose.numpy(), SIZE, ANGLE)
        in_camera = rotate_to_camera(torch.from_numpy(points) - pose[:3, 3], pose)
        np.testing.assert_allclose(project(in_camera, SIZE, ANGLE).numpy(), expected, atol=1e-10)


def test_points_in_or_behind_the_camera_plane_stay_finite() -> None:
    uv = project(torch.tensor([[0.1, 0.1, 0.0], [0.1, 0.1, 1.0]]), 2, np.pi / 2)
    expected = 1 + 0.1 / NEAREST_DEPTH
    torch.testing.assert_close(uv[0], torch.tensor([expected, 2 - expected]))
    assert torch.equal(uv[0], uv[1])

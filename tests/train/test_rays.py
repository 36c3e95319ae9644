import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from jaxtyping import Float, Float64
from torch import Tensor

from pipeline.config.settings import Camera
from render import cameras
from train.rays import NEAREST_DEPTH, pixel_rays, project, rotate_to_camera

SIZE, ANGLE = 128, 0.8575560450553894
POSES = torch.from_numpy(cameras.hemisphere_poses(np.random.default_rng(0), 8, 1.3))
CENTRED = torch.from_numpy(cameras.centred_intrinsics(SIZE, ANGLE))
# Another camera for each pose: fx, fy, cx, cy.
OWN = CENTRED * (1 + 0.2 * torch.rand(8, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0)))


def pinhole(point: Float64[np.ndarray, "3"], view: int) -> Float64[np.ndarray, "2"]:
    """The textbook's projection, K [R | t] in OpenCV's axes (x right, y down, z forward)."""
    fx, fy, cx, cy = OWN[view].numpy()
    right, up, back, eye = POSES[view, :3].numpy().T
    x, y, z = np.stack([right, -up, -back]) @ (point - eye)
    u, v, w = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]]) @ [x, y, z]
    return np.array([u / w, v / w])


def test_the_ray_of_a_pixel_by_hand() -> None:
    # The centre of pixel (0, 1) lies half a pixel right of the axis, one pixel above it: 0.25 and 0.1 at depth 1.
    pose = torch.eye(4, dtype=torch.float64)
    pose[:3, 3] = torch.tensor([1.0, 2.0, 3.0])
    rays = pixel_rays(torch.tensor([[0, 1]]), pose[None], torch.tensor([[2.0, 10.0, 1.0, 1.5]], dtype=torch.float64))
    expected = torch.tensor([[0.25, 0.1, -1.0]], dtype=torch.float64)
    torch.testing.assert_close(rays.direction, expected / expected.norm())
    torch.testing.assert_close(rays.origin, pose[None, :3, 3])


def test_a_ray_between_pixels_by_hand() -> None:
    # Where the four pixels in the middle of a 4-pixel image meet, the camera looks along its axis.
    rays = pixel_rays(torch.tensor([[1.5, 1.5]]), torch.eye(4)[None], torch.tensor([2.0, 2.0, 2.0, 2.0]))
    assert rays.direction.tolist() == [[0, 0, -1]]


def test_rays_are_those_of_the_renderer(camera: Camera) -> None:
    size = camera.size
    grid = torch.stack(torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij"), dim=-1).reshape(-1, 2)
    intrinsics = torch.from_numpy(cameras.centred_intrinsics(size, camera.angle_x))
    rays = pixel_rays(grid, POSES[0].expand(size * size, 4, 4), intrinsics)
    expected = cameras.camera_directions(size, camera.angle_x) @ POSES[0, :3, :3].numpy().T
    np.testing.assert_allclose(rays.direction.numpy(), expected, atol=1e-14)


@given(st.integers(0, 127), st.integers(0, 127), st.integers(0, 7), st.floats(0.8, 1.8))
def test_a_point_on_a_ray_projects_to_its_pixel_centre(row: int, col: int, view: int, depth: float) -> None:
    rays = pixel_rays(torch.tensor([[row, col]]), POSES[view, None], OWN[view])
    point = rays.points(torch.tensor([[depth]], dtype=torch.float64))[0, 0]
    expected = [col + 0.5, row + 0.5]
    np.testing.assert_allclose(pinhole(point.numpy(), view), expected, rtol=0, atol=1e-9)
    in_camera = rotate_to_camera((point - POSES[view, :3, 3])[None], POSES[view])
    np.testing.assert_allclose(project(in_camera, OWN[view]).numpy(), [expected], rtol=0, atol=1e-9)


def test_points_project_as_in_the_textbook_each_in_its_own_camera() -> None:
    points = np.random.default_rng(1).uniform(-0.4, 0.4, (8, 5, 3))
    in_camera = rotate_to_camera(torch.from_numpy(points) - POSES[:, None, :3, 3], POSES)
    expected = [[pinhole(point, view) for point in of_view] for view, of_view in enumerate(points)]
    np.testing.assert_allclose(project(in_camera, OWN[:, None]).numpy(), expected, atol=1e-10)
    found = [cameras.project(of_view, POSES[view].numpy(), OWN[view].numpy())[0] for view, of_view in enumerate(points)]
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_the_ray_through_a_projected_point_passes_the_point() -> None:
    points = torch.from_numpy(np.random.default_rng(2).uniform(-0.4, 0.4, (8, 3)))
    uv = np.stack([pinhole(point, view) for view, point in enumerate(points.numpy())])
    rays = pixel_rays(torch.from_numpy(uv[:, ::-1] - 0.5), POSES, OWN)
    distance = (points - rays.origin).norm(dim=-1, keepdim=True)
    torch.testing.assert_close(rays.points(distance)[:, 0], points, rtol=0, atol=1e-12)


def test_points_in_or_behind_the_camera_plane_stay_finite() -> None:
    uv = project(torch.tensor([[0.1, 0.1, 0.0], [0.1, 0.1, 1.0]]), torch.tensor([1.0, 1.0, 1.0, 1.0]))
    expected = 1 + 0.1 / NEAREST_DEPTH
    torch.testing.assert_close(uv[0], torch.tensor([expected, 2 - expected]))
    assert torch.equal(uv[0], uv[1])


# --- The formulas of one camera in the middle, as they were before views had cameras of their own.


def old_directions(pixels: Tensor, poses: Float[Tensor, "n 4 4"], size: int, angle_x: float) -> Float[Tensor, "n 3"]:
    row, col = pixels.to(poses.dtype).unbind(-1)
    right = col + 0.5 - size / 2
    up = size / 2 - (row + 0.5)
    forward = torch.full_like(right, -cameras.focal(size, angle_x))
    in_camera = torch.stack([right, up, forward], dim=-1)
    in_world = (poses[..., :3, :3] @ in_camera[..., None])[..., 0]
    return in_world / in_world.norm(dim=-1, keepdim=True)


def old_projection(in_camera: Float[Tensor, "n 3"], size: int, angle_x: float) -> Float[Tensor, "n 2"]:
    x, y, z = in_camera.unbind(-1)
    scale = cameras.focal(size, angle_x) / (-z).clamp_min(NEAREST_DEPTH)
    return torch.stack([size / 2 + scale * x, size / 2 - scale * y], dim=-1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [32, 33, 128])
def test_one_camera_in_the_middle_has_the_bits_of_the_old_formulas(size: int, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(size)
    pixels = torch.randint(size, (1000, 2), generator=generator)
    poses = POSES.to(dtype)[torch.randint(8, (1000,), generator=generator)]
    intrinsics = torch.from_numpy(cameras.centred_intrinsics(size, ANGLE)).to(dtype)
    for given_intrinsics in (intrinsics, intrinsics.expand(1000, 4)):
        expected = old_directions(pixels, poses, size, ANGLE)
        assert torch.equal(pixel_rays(pixels, poses, given_intrinsics).direction, expected)
        points = torch.randn(1000, 3, generator=generator, dtype=dtype)
        assert torch.equal(project(points, given_intrinsics), old_projection(points, size, ANGLE))

"""One scene point, projected in three conventions by formulas written here, lies in the same pixel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jaxtyping import Float64

from pipeline.datasets.views.conventions import (
    NdcFormat,
    intrinsics_from_ndc,
    opengl_from_opencv,
    opengl_from_pytorch3d,
)
from pipeline.datasets.views.view_source import Intrinsics
from render.cameras import look_at

HEIGHT, WIDTH = 90, 120
POINT = np.array([0.13, -0.21, 0.17])


def rotation_from(eye: Float64[np.ndarray, "3"], roll: float) -> Float64[np.ndarray, "3 3"]:
    """Any rotation that looks from `eye` at the origin, turned around the optical axis; columns are OpenGL axes."""
    c, s = np.cos(roll), np.sin(roll)
    return look_at(eye)[:3, :3] @ np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def opengl_pixel(pose: Float64[np.ndarray, "4 4"], k: Intrinsics) -> Float64[np.ndarray, "2"]:
    x, y, z, _ = np.linalg.inv(pose) @ [*POINT, 1]
    return np.array([k.cx + k.fx * x / -z, k.cy - k.fy * y / -z])


directions = st.tuples(st.floats(-1, 1), st.floats(-0.9, 0.9), st.floats(-1, 1)).filter(
    lambda eye: np.hypot(eye[0], eye[2]) > 0.1
)


@given(directions, st.floats(-3, 3))
def test_opencv_sees_the_point_in_the_same_pixel(eye: tuple[float, float, float], roll: float) -> None:
    centre = 1.5 * np.array(eye) / np.linalg.norm(eye)
    right, up, back = rotation_from(centre, roll).T
    k = Intrinsics(110.0, 95.0, 61.5, 40.25)
    # OpenCV: K [R | t] with rows right, down, forward.
    world_to_camera = np.stack([right, -up, -back])
    u, v, w = np.array([[k.fx, 0, k.cx], [0, k.fy, k.cy], [0, 0, 1]]) @ (world_to_camera @ (POINT - centre))
    camera_to_world = np.eye(4)
    camera_to_world[:3, :3], camera_to_world[:3, 3] = world_to_camera.T, centre
    pose = opengl_from_opencv(camera_to_world)
    np.testing.assert_allclose(opengl_pixel(pose, k), [u / w, v / w], atol=1e-4)
    np.testing.assert_array_equal(opengl_from_opencv(pose), camera_to_world)


@pytest.mark.parametrize("ndc_format", ["ndc_isotropic", "ndc_norm_image_bounds"])
@given(directions, st.floats(-3, 3))
def test_pytorch3d_sees_the_point_in_the_same_pixel(
    ndc_format: NdcFormat, eye: tuple[float, float, float], roll: float
) -> None:
    centre = 1.5 * np.array(eye) / np.linalg.norm(eye)
    right, up, back = rotation_from(centre, roll).T
    # Rows times R: its columns are the camera's axes left, up and forward in the world.
    rotation = np.stack([-right, up, -back], axis=1)
    translation = -centre @ rotation
    focal, principal = (2.5, 2.25), (0.05, -0.1)
    x, y, z = POINT @ rotation + translation
    ndc_x, ndc_y = focal[0] * x / z + principal[0], focal[1] * y / z + principal[1]
    # NDC to the screen: +x is to the left, +y up, and the unit is half of a side.
    shorter = min(HEIGHT, WIDTH)
    sides = (shorter, shorter) if ndc_format == "ndc_isotropic" else (WIDTH, HEIGHT)
    expected = [WIDTH / 2 - ndc_x * sides[0] / 2, HEIGHT / 2 - ndc_y * sides[1] / 2]
    k = intrinsics_from_ndc(focal, principal, HEIGHT, WIDTH, ndc_format)
    np.testing.assert_allclose(opengl_pixel(opengl_from_pytorch3d(rotation, translation), k), expected, atol=1e-4)


def test_ndc_intrinsics_by_hand() -> None:
    # Half the shorter side is 45, half the longer one 60.
    assert intrinsics_from_ndc((2, 3), (0.5, -0.25), 90, 120, "ndc_isotropic") == Intrinsics(90, 135, 37.5, 56.25)
    assert intrinsics_from_ndc((2, 3), (0.5, -0.25), 90, 120, "ndc_norm_image_bounds") == Intrinsics(
        120, 135, 30, 56.25
    )


def test_a_pytorch3d_camera_by_hand() -> None:
    # Without rotation it looks along the world's +Z with +X to the left. T moves the world 2 in front of it.
    pose = opengl_from_pytorch3d(np.eye(3), np.array([0.0, 0.0, 2.0]))
    np.testing.assert_array_equal(pose, [[-1, 0, 0, 0], [0, 1, 0, 0], [0, 0, -1, -2], [0, 0, 0, 1]])

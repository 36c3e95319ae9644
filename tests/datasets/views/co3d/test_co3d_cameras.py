"""Cameras of CO3D against PyTorch3D's definitions, on made-up numbers and on real ones."""

import json
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jaxtyping import Float64

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.views.co3d.entries import ViewpointEntry, frame_camera
from pipeline.datasets.views.co3d.normalisation import common_point, up_direction, world_from_cameras
from pipeline.datasets.views.conventions import NdcFormat, intrinsics_from_ndc, opengl_from_pytorch3d
from pipeline.datasets.views.frame import pose_in_world
from pipeline.datasets.views.view_source import GivenView, Intrinsics
from pipeline.stores.typed_json import parse_json
from tests.datasets.views.view_folders import plain_projection

FILE, FIELD = PurePosixPath("frame_annotations.jgz"), "entry 0"
HEIGHT, WIDTH = 30, 40
FORMATS: tuple[NdcFormat, ...] = ("ndc_isotropic", "ndc_norm_image_bounds")


def pytorch3d_pixel(
    point: Float64[np.ndarray, "3"], viewpoint: ViewpointEntry, height: int, width: int
) -> tuple[float, float]:
    """transform_points of PyTorch3D's PerspectiveCameras, then its NDC turned into pixels, written out plainly."""
    x, y, z = point @ np.array(viewpoint.R) + np.array(viewpoint.T)
    across = viewpoint.focal_length[0] * x / z + viewpoint.principal_point[0]
    up = viewpoint.focal_length[1] * y / z + viewpoint.principal_point[1]
    if viewpoint.intrinsics_format == "ndc_isotropic":
        half = min(height, width) / 2
        return width / 2 - across * half, height / 2 - up * half
    return (1 - across) * width / 2, (1 - up) * height / 2


def rotation(seed: int) -> Float64[np.ndarray, "3 3"]:
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    positive: Float64[np.ndarray, "3 3"] = turn * np.sign(np.linalg.det(turn))
    return positive


def entry(turn: Float64[np.ndarray, "3 3"], shift: Float64[np.ndarray, "3"], **keys: object) -> ViewpointEntry:
    tree = {"R": turn.tolist(), "T": shift.tolist(), "focal_length": (2.5, 3.0), "principal_point": (0.1, -0.2)}
    return parse_json(json.dumps({**tree, **keys}).encode(), ViewpointEntry)


@given(st.integers(0, 2**32), st.sampled_from(FORMATS))
def test_a_point_projects_to_pytorch3ds_pixel(seed: int, form: NdcFormat) -> None:
    rng = np.random.default_rng(seed)
    viewpoint = entry(rotation(seed), rng.normal(size=3), intrinsics_format=form)
    camera = rng.normal(size=3) * [1, 1, 0] + [0, 0, 4]
    point = (camera - np.array(viewpoint.T)) @ np.array(viewpoint.R).T
    pose, intrinsics = frame_camera(viewpoint, HEIGHT, WIDTH, FILE, FIELD)
    seen = plain_projection(point, GivenView(np.zeros((HEIGHT, WIDTH, 4), np.uint8), pose, intrinsics))
    assert seen == pytest.approx(pytorch3d_pixel(point, viewpoint, HEIGHT, WIDTH), abs=1e-8)


def test_a_camera_by_hand() -> None:
    # Half the shorter side is 45, half the longer one 60.
    assert intrinsics_from_ndc((2, 3), (0.5, -0.25), 90, 120, "ndc_isotropic") == Intrinsics(90, 135, 37.5, 56.25)
    assert intrinsics_from_ndc((2, 3), (0.5, -0.25), 90, 120, FORMATS[1]) == Intrinsics(120, 135, 30, 56.25)
    # Without rotation it looks along the world's +Z with +X to the left. T moves the world 2 in front of it.
    pose = opengl_from_pytorch3d(np.eye(3), np.array([0.0, 0.0, 2.0]))
    np.testing.assert_array_equal(pose, [[-1, 0, 0, 0], [0, 1, 0, 0], [0, 0, -1, -2], [0, 0, 0, 1]])


def test_without_the_key_the_older_convention_holds() -> None:
    text = b'{"R": [[1,0,0],[0,1,0],[0,0,1]], "T": [0,0,4], "focal_length": [2,2], "principal_point": [0,0]}'
    viewpoint = parse_json(text, ViewpointEntry)
    assert viewpoint.intrinsics_format == "ndc_norm_image_bounds"
    _, intrinsics = frame_camera(viewpoint, HEIGHT, WIDTH, FILE, FIELD)
    assert intrinsics.array().tolist() == [40, 30, 20, 15]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"R": np.diag([1.0, 1.0, -1.0]).tolist()}, "no rotation"),
        ({"R": np.full((3, 3), np.nan).tolist()}, "not finite"),
        ({"T": (0.0, 0.0, 1e300)}, "beyond"),
        ({"focal_length": (0.0, 1.0)}, "is no camera's"),
        ({"principal_point": (np.nan, 0.0)}, "is in no image"),
    ],
)
def test_other_numbers_are_refused(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(DatasetError, match=sentence):
        frame_camera(entry(np.eye(3), np.array([0.0, 0.0, 4.0]), **wrong), HEIGHT, WIDTH, FILE, FIELD)


@pytest.mark.samples
def test_real_cameras_look_at_one_point_and_come_into_the_world(samples: Path) -> None:
    """Twenty cameras around an apple; their photographs have 1066 x 1896 pixels."""
    with np.load(samples / "co3d" / "apple_cameras" / "gt_cameras.npz", allow_pickle=False) as file:
        turn, shift, focal = (file[name].astype(np.float64) for name in ("gtR", "gtT", "gtFL"))
    more = {"principal_point": (0.0, 0.0), "intrinsics_format": "ndc_isotropic"}
    viewpoints = [entry(r, t, focal_length=tuple(f), **more) for r, t, f in zip(turn, shift, focal, strict=True)]
    poses = np.stack([frame_camera(viewpoint, 1896, 1066, FILE, FIELD)[0] for viewpoint in viewpoints])
    distance = np.linalg.norm(poses[:, :3, 3] - common_point(poses), axis=1)
    assert distance.min() > 5 and distance.max() / distance.min() < 2
    assert (poses[:, :3, 1] @ up_direction(poses) > 0.5).all()  # nobody turns the telephone around
    world = world_from_cameras(poses, 1.3)
    placed = np.stack([pose_in_world(world, pose) for pose in poses])
    assert np.median(np.linalg.norm(placed[:, :3, 3], axis=1)) == pytest.approx(1.3)
    assert (placed[:, 1, 3] > 0).all()  # and all look down at the apple

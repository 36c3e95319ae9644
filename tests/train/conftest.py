"""A made-up world that is small enough to train in seconds: coloured balls, drawn by solving for the ray's hit."""

from typing import TypeAlias

import numpy as np
import pytest
from jaxtyping import Float16, Float32, Float64, UInt8

from pipeline.config.settings import Camera, Train
from render.cameras import camera_directions, centred_intrinsics, hemisphere_poses
from train.objects.host_objects import HostObjects


def small_camera() -> Camera:
    return Camera(views=4, size=32, angle_x=0.8575560450553894, radius=1.3, near=0.8, far=1.8, seed=0)


@pytest.fixture
def camera() -> Camera:
    return small_camera()


def few_steps() -> Train:
    return Train(
        steps=12,
        objects_per_step=2,
        rays_per_object=8,
        source_views=1,
        held_out_views=0,
        coarse_samples=8,
        importance_samples=2,
        depth_samples=2,
        depth_std=0.01,
        width=16,
        blocks=5,
        frequencies=6,
        encoder="small",
        encoder_weights=None,
        batch_statistics="step",
        settling_steps=2,
        initial_checkpoint=None,
        precision="fp32",
        learning_rate=0.002,
        learning_rate_schedule="constant",
        warm_up_steps=0,
        final_learning_rate=0,
        feature_weight=0.25,
        coordinate_weight=0.25,
        bounding_box_steps=1000,
        checkpoint_every=4,
        validate_every=4,
        validation_views=1,
        log_every=1,
        seed=0,
    )


@pytest.fixture
def settings() -> Train:
    return few_steps()


@pytest.fixture
def objects(camera: Camera) -> HostObjects:
    return balls(camera, [0.2, 0.3, 0.35])


def balls(camera: Camera, radii: list[float]) -> HostObjects:
    """`ball_arrays` in memory."""
    return HostObjects.of_arrays(*ball_arrays(camera, radii))


BallArrays: TypeAlias = tuple[
    UInt8[np.ndarray, "n v h w 4"],
    Float32[np.ndarray, "n v 4 4"],
    Float32[np.ndarray, "n v 4"],
    Float16[np.ndarray, "n v g g 6"],
]


def ball_arrays(camera: Camera, radii: list[float]) -> BallArrays:
    """Images, poses, intrinsics and maps of balls around the origin.

    The colour is the normal, the teacher is the colour and its negative, by cell.
    """
    rng = np.random.default_rng(1)
    poses = np.stack([hemisphere_poses(rng, camera.views, camera.radius) for _ in radii])
    rgba = np.stack(
        [[_ball(camera, pose, radius) for pose in of_object] for of_object, radius in zip(poses, radii, strict=True)]
    )
    cells = camera.size // 4
    over_black = rgba[..., :3] * rgba[..., 3:]
    maps = over_black.reshape(*rgba.shape[:2], cells, 4, cells, 4, 3).mean(axis=(3, 5))
    return (
        np.round(rgba * 255).astype(np.uint8),
        poses.astype(np.float32),
        one_camera(camera, *poses.shape[:2]),
        np.concatenate([maps, -maps], axis=-1).astype(np.float16),
    )


def one_camera(camera: Camera, *count: int) -> Float32[np.ndarray, "*count 4"]:
    """The intrinsics of the settings' camera, as stores repeat them."""
    return np.tile(centred_intrinsics(camera.size, camera.angle_x).astype(np.float32), (*count, 1))


def own_cameras(camera: Camera, *count: int) -> Float64[np.ndarray, "*count 4"]:
    """Intrinsics that differ in every view: other focal lengths along both axes, and a middle beside the axis."""
    around = np.random.default_rng(7).uniform(-0.1, 0.1, (*count, 4))
    return centred_intrinsics(camera.size, camera.angle_x) * (1 + around)


def _ball(camera: Camera, pose: Float64[np.ndarray, "4 4"], radius: float) -> Float64[np.ndarray, "h w 4"]:
    directions = camera_directions(camera.size, camera.angle_x) @ pose[:3, :3].T
    eye = pose[:3, 3]
    along = directions @ eye
    root = along**2 - eye @ eye + radius**2
    hit = root > 0
    points = eye + (-along - np.sqrt(np.where(hit, root, 0)))[:, None] * directions
    colour = np.where(hit[:, None], 0.5 + 0.5 * points / radius, 0)
    image = np.concatenate([colour.clip(0, 1), hit[:, None]], axis=1)
    return image.reshape(camera.size, camera.size, 4)

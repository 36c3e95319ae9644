from dataclasses import replace

import numpy as np
import pytest
import torch

import featurenerf
from eval.descriptors.field_renderer import FieldRenderer
from featurenerf.photo import prepare_photo
from featurenerf.pose_estimation import coordinate_answers, estimate_pose
from featurenerf.pose_search import PoseError, local_minima, orbit_rotations
from pipeline.errors import UserError
from render.cameras import centred_intrinsics, orbit_pose
from train.rays import pixel_rays
from train.rendering.renderer import Outputs, render_rays
from train.rendering.volume import Sampling, fixed_draws
from train.trained_field import TrainedField

DIRECTIONS = [(0.0, 0.0), (30.0, 20.0), (250.5, 61.3), (359.0, 5.0), (180.0, 88.0)]


def flat_points(seed: int) -> np.ndarray:
    """Points in a camera's axes, as the middles of rays lie: nearly in the plane of the image."""
    return np.random.default_rng(seed).normal(size=(300, 3)) * [0.2, 0.15, 0.01]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_rotations_are_those_of_the_poses(direction: tuple[float, float]) -> None:
    found = orbit_rotations(*map(np.array, direction))
    np.testing.assert_allclose(found, orbit_pose(*direction, 1.3)[:3, :3], atol=1e-12)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_error_is_the_rms_distance(direction: tuple[float, float]) -> None:
    there, answered = flat_points(0), flat_points(1)
    distances = np.linalg.norm(there @ orbit_pose(*direction, 1.0)[:3, :3].T - answered, axis=1)
    error = PoseError.of(there, answered).at(*map(np.array, direction))
    assert error == pytest.approx(np.sqrt((distances**2).mean()))


@pytest.mark.parametrize("shrunk", [1.0, 0.3])
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_answers_in_the_world_give_the_camera_even_if_they_are_too_small(
    direction: tuple[float, float], shrunk: float
) -> None:
    there = flat_points(2)
    answered = shrunk * there @ orbit_pose(*direction, 1.0)[:3, :3].T
    best = local_minima(there, answered)[0]
    assert abs((best.azimuth - direction[0] + 180) % 360 - 180) <= 1 / np.cos(np.radians(direction[1]))
    assert best.elevation == pytest.approx(direction[1], abs=0.2)


@pytest.mark.parametrize("seed", range(10))
def test_candidates_are_sorted_and_no_direction_is_better_than_the_first(seed: int) -> None:
    there, answered = np.random.default_rng(seed).normal(size=(2, 4, 3))  # of nothing: the error has several minima
    candidates = local_minima(there, answered)
    errors = [candidate.error for candidate in candidates]
    assert errors == sorted(errors)
    everywhere = PoseError.of(there, answered).at(*np.meshgrid(np.arange(0, 360, 1.0), np.arange(0, 89.9, 1.0)))
    assert everywhere.min() >= errors[0] - 1e-4


def test_the_answers_are_those_that_the_trainer_compares(field: featurenerf.Field, balls) -> None:
    """Under any pose, answers minus turned places are the coordinate error that the renderer gives the loss."""
    trained, rgba, pose = field.renderer.field, balls[0][0, 0], torch.from_numpy(balls[1][0, 0])
    intrinsics = torch.from_numpy(centred_intrinsics(trained.camera.size, trained.camera.angle_x)).float()
    there, answered = coordinate_answers(trained, rgba)
    pixels = torch.from_numpy(np.argwhere(rgba[..., 3] >= 128))[None]
    rays = pixel_rays(pixels, pose.expand(*pixels.shape[:2], 4, 4), intrinsics)
    sampling = Sampling.of(trained.settings, trained.camera)
    draws = fixed_draws(sampling, (1, pixels.shape[1]), trained.device)
    source = trained.encode(torch.from_numpy(rgba)[None], pose[None], intrinsics[None])
    with torch.no_grad():
        rendered = render_rays(trained.model.network, source, rays, sampling, draws, Outputs(coordinate=True))
    turned = there @ pose[:3, :3].double().numpy().T
    np.testing.assert_allclose(answered - turned, rendered.coarse.coordinate_error[0].numpy(), atol=2e-5)


def with_framing(field: featurenerf.Field, **changes: object) -> featurenerf.Field:
    trained: TrainedField = replace(field.renderer.field, framing=0.5, **changes)
    return featurenerf.Field(FieldRenderer(trained, field.renderer.rays_per_batch))


def test_an_estimate_is_the_best_candidate_with_its_pose(field: featurenerf.Field, balls) -> None:
    found = estimate_pose(with_framing(field), prepare_photo(balls[0][0, 0]))
    assert (found.azimuth, found.elevation, found.error) == (
        found.candidates[0].azimuth,
        found.candidates[0].elevation,
        found.candidates[0].error,
    )
    assert 0 <= found.azimuth < 360 and 0 <= found.elevation < 90
    np.testing.assert_allclose(found.pose, orbit_pose(found.azimuth, found.elevation, 1.3), atol=1e-6)
    assert found.explained == pytest.approx(1 - found.error**2 / found.blind_error**2)


def test_a_head_that_knows_the_camera_gives_it(
    field: featurenerf.Field, balls, monkeypatch: pytest.MonkeyPatch
) -> None:
    def knowing(trained: TrainedField, rgba: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        there, _ = coordinate_answers(trained, rgba)
        return there, there @ orbit_pose(215, 33, 1.3)[:3, :3].T

    monkeypatch.setattr("featurenerf.pose_estimation.coordinate_answers", knowing)
    found = estimate_pose(with_framing(field), prepare_photo(balls[0][0, 0]))
    assert (found.azimuth, found.elevation) == (pytest.approx(215, abs=0.2), pytest.approx(33, abs=0.2))
    assert found.explained > 0.999


@pytest.mark.parametrize("true_size", [0.7, 1.0, 1.3])
def test_the_size_whose_answers_agree_best_is_kept(
    field: featurenerf.Field, balls, monkeypatch: pytest.MonkeyPatch, true_size: float
) -> None:
    """A head that knows the camera only if the object has the size of its training view, as real heads do."""
    framing_field, pixels = with_framing(field), field.camera.size

    def knowing(trained: TrainedField, rgba: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        there, _ = coordinate_answers(trained, rgba)
        rows = np.nonzero((rgba[..., 3] >= 128).any(axis=1))[0]
        away = abs((rows.max() - rows.min() + 1) / pixels - 0.5 * true_size)
        return there, there @ orbit_pose(215 + 300 * away, 33, 1.3)[:3, :3].T + away * np.sin(np.arange(3))

    monkeypatch.setattr("featurenerf.pose_estimation.coordinate_answers", knowing)
    found = estimate_pose(framing_field, prepare_photo(balls[0][0, 0]))
    assert found.framing == pytest.approx(0.5 * true_size)
    assert found.azimuth == pytest.approx(215, abs=8)


def test_a_rendered_view_keeps_its_framing(field: featurenerf.Field, balls) -> None:
    rgba = balls[0][0, 0]
    estimate = estimate_pose(field, rgba)  # a field without a mean size: none is needed
    assert estimate.framing is None
    assert estimate.candidates == local_minima(*coordinate_answers(field.renderer.field, rgba))


def test_no_size_is_larger_than_the_image(field: featurenerf.Field, balls) -> None:
    trained = replace(field.renderer.field, framing=0.95)
    large = featurenerf.Field(FieldRenderer(trained, field.renderer.rays_per_batch))
    assert 0 < estimate_pose(large, prepare_photo(balls[0][0, 0])).framing <= 1


def test_a_field_that_cannot_tell_is_a_sentence(field: featurenerf.Field, balls) -> None:
    photo = prepare_photo(balls[0][0, 0])
    with pytest.raises(UserError, match="does not record how large objects are"):
        estimate_pose(field, photo)
    settings = field.settings.model_copy(update={"coordinate_weight": 0.0})
    with pytest.raises(UserError, match="trained without the coordinate loss"):
        estimate_pose(with_framing(field, settings=settings), photo)

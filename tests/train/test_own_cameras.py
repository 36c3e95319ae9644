"""Training on objects whose views have cameras of their own, some steps with one source view and some with more."""

from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.config.settings import Camera, Train
from tests.train.conftest import ball_arrays, own_cameras
from tests.train.reference_field import reference_losses
from tests.train.test_objects import plain_batch
from train.network.model import new_model
from train.objects.batches import draw_step
from train.objects.host_objects import HostObjects
from train.objects.packed_object import pack_object
from train.run.trainer import Run, Watchers, train
from train.run.validation import validation_losses
from train.step.processes import alone
from train.step.training_step import Acceleration

CPU = torch.device("cpu")


def test_a_run_has_the_losses_of_a_plain_loop(settings: Train, camera: Camera, tmp_path: Path) -> None:
    """The loop knows cameras from arrays alone, differentiates the method as published, and has its own Adam."""
    # Adam's first updates depend on signs alone: at a small rate the rounding of a gradient near 0 stays small.
    changes = {"source_views": (1, 2, 3), "steps": 6, "settling_steps": 0, "learning_rate": 1e-4}
    settings = settings.model_copy(update=changes)
    rgba, pose, _, feature = ball_arrays(camera, [0.2, 0.3, 0.35])
    arrays = (rgba, pose, own_cameras(camera, 3, camera.views).astype(np.float32), feature)
    found: list[dict[str, float]] = []
    train(
        HostObjects.of_arrays(*arrays),
        None,
        Run(settings, camera, tmp_path, "f", ["a", "b", "c"]),
        alone(CPU),
        Acceleration(compiled=False, recorded=False),
        Watchers(log=lambda _, terms: found.append(terms)),
    )
    model = new_model(settings, 6)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate)
    counts = set()
    for step, terms in enumerate(found):
        batch = plain_batch(arrays, settings, camera, step).to(CPU)
        counts.add(batch.source_poses.shape[1])
        single = type(batch)(**{k: v.float() if v.is_floating_point() else v for k, v in vars(batch).items()})
        draws = draw_step(3, camera.views, settings, camera, step).samples
        expected = reference_losses(model, single, settings, camera, draws)
        assert terms == pytest.approx({name: term.item() for name, term in expected.items()}, rel=1e-3), step
        optimizer.zero_grad()
        expected["total"].backward()
        optimizer.step()
    assert len(found) == 6
    assert len(counts) > 1


def test_another_camera_is_another_loss(settings: Train, camera: Camera) -> None:
    arrays = ball_arrays(camera, [0.2, 0.3])
    model = new_model(settings, 6)
    losses = []
    for intrinsics in (arrays[2], own_cameras(camera, 2, camera.views).astype(np.float32)):
        objects = HostObjects.of_arrays(*arrays[:2], intrinsics, arrays[3])
        losses.append(validation_losses(model, objects, settings, camera, CPU)["validation_rgb_fine"])
    assert abs(losses[0] - losses[1]) > 1e-6


def test_the_memory_of_an_object_by_hand() -> None:
    feature = np.zeros((2, 3, 3, 5), np.float16)
    feature[0, 0, 0] = 1
    one = pack_object(
        np.zeros((2, 12, 12, 4), np.uint8), np.zeros((2, 4, 4), np.float32), np.zeros((2, 4), np.float32), feature
    )
    # Images, poses, intrinsics, boxes of 64-bit numbers, cells of 32-bit ones, and one feature of 5 channels.
    assert one.bytes == 2 * (12 * 12 * 4 + 16 * 4 + 4 * 4 + 4 * 8 + 3 * 3 * 4) + 5 * 2

import threading
import time
from dataclasses import fields

import pytest
import torch

from pipeline.settings import Camera, Train
from tests.train.conftest import balls
from train.batches import RayBatch, StepDraws, draw_step
from train.objects import TrainingObjects
from train.prefetch import steps_ahead

CPU = torch.device("cpu")


class Watched(TrainingObjects):
    """Counts batches, and fails at one step's objects."""

    def __init__(self, inner: TrainingObjects, fails_at: int | None = None) -> None:
        self.inner, self.fails_at, self.asked = inner, fails_at, 0
        self.count, self.views, self.size = inner.count, inner.views, inner.size
        self.teacher_channels = inner.teacher_channels

    def batch(self, draws: StepDraws) -> RayBatch:
        self.asked += 1
        if self.fails_at is not None and self.asked > self.fails_at:
            raise OSError("the store is gone")
        return self.inner.batch(draws)


def test_steps_come_in_order_and_as_if_made_one_by_one(settings: Train, camera: Camera) -> None:
    objects = balls(camera, [0.2, 0.3, 0.35])
    ready = list(steps_ahead(objects, settings, camera, range(3, 20), CPU, part=(1, 2), threads=3, ahead=5))
    assert [item.step for item in ready] == list(range(3, 20))
    for item in ready:
        draws = draw_step(3, camera.views, settings, camera, item.step).part(1, 2)
        expected = objects.batch(draws)
        assert all(torch.equal(getattr(item.batch, f.name), getattr(expected, f.name)) for f in fields(expected))
        assert torch.equal(item.samples.coarse, draws.samples.coarse)


def test_no_more_steps_are_made_ready_than_asked(settings: Train, camera: Camera) -> None:
    objects = Watched(balls(camera, [0.2]))
    steps = steps_ahead(objects, settings, camera, range(100), CPU, threads=2, ahead=5)
    next(steps)
    time.sleep(0.3)
    assert objects.asked == 5
    steps.close()


def test_closing_ends_the_threads(settings: Train, camera: Camera) -> None:
    steps = steps_ahead(balls(camera, [0.2]), settings, camera, range(100), CPU)
    next(steps)
    steps.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("steps-ahead")]


def test_an_error_comes_in_its_steps_place(settings: Train, camera: Camera) -> None:
    objects = Watched(balls(camera, [0.2]), fails_at=4)
    steps = steps_ahead(objects, settings, camera, range(100), CPU, threads=1, ahead=8)
    assert [next(steps).step for _ in range(4)] == [0, 1, 2, 3]
    with pytest.raises(OSError, match="the store is gone"):
        next(steps)

import threading
import time
from dataclasses import fields

import pytest
import torch

from pipeline.config.settings import Camera, Train
from tests.train.conftest import ball_arrays, balls
from train.objects.batches import RayBatch, StepDraws, draw_step
from train.objects.device_objects import DeviceObjects
from train.objects.host_objects import HostObjects
from train.objects.packed_object import pack_object
from train.objects.prefetch import steps_ahead
from train.objects.training_objects import TrainingObjects

CPU = torch.device("cpu")


class Watched(TrainingObjects):
    """Counts batches, and fails at one step's objects. They need not stay in memory, so threads read them ahead."""

    def __init__(self, inner: TrainingObjects, fails_at: int | None = None) -> None:
        self.inner, self.fails_at, self.asked = inner, fails_at, 0
        self.count, self.views, self.size = inner.count, inner.views, inner.size
        self.teacher_channels = inner.teacher_channels

    def batch(self, draws: StepDraws) -> RayBatch:
        self.asked += 1
        if self.fails_at is not None and self.asked > self.fails_at:
            raise OSError("the store is gone")
        return self.inner.batch(draws)


@pytest.mark.parametrize("ahead_of_time", [False, True])
def test_steps_come_in_order_and_as_if_made_one_by_one(ahead_of_time: bool, settings: Train, camera: Camera) -> None:
    objects = balls(camera, [0.2, 0.3, 0.35])
    given = Watched(objects) if ahead_of_time else objects
    ready = list(steps_ahead(given, settings, camera, range(3, 20), CPU, part=(1, 2), threads=3, ahead=5))
    assert [item.step for item in ready] == list(range(3, 20))
    for item in ready:
        draws = draw_step(3, camera.views, settings, camera, item.step).part(1, 2)
        expected = objects.batch(draws)
        assert all(torch.equal(getattr(item.batch, f.name), getattr(expected, f.name)) for f in fields(expected))
        assert torch.equal(item.samples.coarse, draws.samples.coarse)


@pytest.mark.parametrize("held", [1, 2])
def test_threads_that_drop_each_others_objects_make_the_same_steps(settings: Train, camera: Camera, held: int) -> None:
    packed = [pack_object(*of_one) for of_one in zip(*ball_arrays(camera, [0.2, 0.3, 0.35, 0.25, 0.15]), strict=True)]
    limit = held * max(one.bytes for one in packed)
    objects, whole = HostObjects(packed.__getitem__, 5, limit), HostObjects(packed.__getitem__, 5)
    for item in steps_ahead(objects, settings, camera, range(60), CPU, threads=4, ahead=8):
        expected = whole.batch(draw_step(5, camera.views, settings, camera, item.step))
        assert all(torch.equal(getattr(item.batch, f.name), getattr(expected, f.name)) for f in fields(expected))
        assert objects.bytes <= limit
    assert objects.loads > whole.loads == 5


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("on_device", [False, True])
def test_steps_on_a_gpu_are_those_of_the_cpu(settings: Train, camera: Camera, on_device: bool) -> None:
    balls_of = zip(*ball_arrays(camera, [0.2, 0.3, 0.35]), strict=True)
    packed, cuda = [pack_object(*of_one) for of_one in balls_of], torch.device("cuda")
    whole = HostObjects(packed.__getitem__, 3)
    objects = DeviceObjects.of(list(packed), cuda) if on_device else whole
    # All are looked at in the end: a block of pinned memory that was given out too early has other values by then.
    ready = list(steps_ahead(objects, settings, camera, range(100), cuda, ahead=8))
    for item in ready:
        draws = draw_step(3, camera.views, settings, camera, item.step)
        expected = whole.batch(draws)
        assert all(torch.equal(getattr(item.batch, f.name).cpu(), getattr(expected, f.name)) for f in fields(expected))
        assert torch.equal(item.samples.coarse.cpu(), draws.samples.coarse)


def test_no_more_steps_are_made_ready_than_asked(settings: Train, camera: Camera) -> None:
    objects = Watched(balls(camera, [0.2]))
    steps = steps_ahead(objects, settings, camera, range(100), CPU, threads=2, ahead=5)
    next(steps)
    time.sleep(0.3)
    assert objects.asked == 5
    steps.close()


def test_closing_ends_the_threads(settings: Train, camera: Camera) -> None:
    steps = steps_ahead(Watched(balls(camera, [0.2])), settings, camera, range(100), CPU)
    next(steps)
    assert _readers()
    steps.close()
    assert not _readers()


def test_no_thread_works_beside_a_cpu_that_trains_on_objects_in_memory(settings: Train, camera: Camera) -> None:
    objects = Watched(balls(camera, [0.2]))
    objects.stay = True
    steps = steps_ahead(objects, settings, camera, range(100), CPU)
    next(steps)
    next(steps)
    assert objects.asked == 2
    assert not _readers()
    steps.close()


def _readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("read-ahead")]


def test_an_error_comes_in_its_steps_place(settings: Train, camera: Camera) -> None:
    objects = Watched(balls(camera, [0.2]), fails_at=4)
    steps = steps_ahead(objects, settings, camera, range(100), CPU, threads=1, ahead=8)
    assert [next(steps).step for _ in range(4)] == [0, 1, 2, 3]
    with pytest.raises(OSError, match="the store is gone"):
        next(steps)

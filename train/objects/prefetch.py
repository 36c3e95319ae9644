"""The steps of a run, made ready before they are due."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import TypeVar

import torch
from torch import Tensor

from pipeline.config.settings import Camera, Train
from train.objects.batches import RayBatch, StepDraws, draw_step
from train.objects.device_objects import DeviceObjects
from train.objects.training_objects import TrainingObjects
from train.rendering.volume import SampleDraws

THREADS = 4
AHEAD = 12  # steps that are made ready or being made ready at a time

Tensors = TypeVar("Tensors", RayBatch, SampleDraws)


@dataclass(frozen=True)
class ReadyStep:
    """A step, counted from 0, with its batch and draws on the device."""

    step: int
    batch: RayBatch
    samples: SampleDraws


def steps_ahead(
    objects: TrainingObjects,
    settings: Train,
    camera: Camera,
    steps: range,
    device: torch.device,
    part: tuple[int, int] = (0, 1),
    threads: int = THREADS,
    ahead: int = AHEAD,
) -> Generator[ReadyStep]:
    """The steps in their order, for the `part[0]`-th of `part[1]` processes. Close it, and its threads end.

    Threads draw the steps that are due next, and gather those whose objects lie on the CPU; the copies to the device
    are the caller's, in the order of its other work there. An error of a thread is raised in its step's place.
    """
    pins = device.type == "cuda"

    def prepare(step: int) -> tuple[StepDraws, RayBatch | None]:
        draws = draw_step(objects.count, objects.views, settings, camera, step).part(*part)
        batch = None if isinstance(objects, DeviceObjects) else objects.batch(draws)
        if not pins:
            return draws, batch
        return draws.pinned(), _pinned(batch) if batch is not None else None

    pool = ThreadPoolExecutor(threads, thread_name_prefix="steps-ahead")
    try:
        waiting: deque[Future[tuple[StepDraws, RayBatch | None]]] = deque()
        for step in steps:
            while len(waiting) < ahead and step + len(waiting) < steps.stop:
                waiting.append(pool.submit(prepare, step + len(waiting)))
            draws, gathered = waiting.popleft().result()
            # A pinned block is given out again only after the copies that were started from it: torch sees to that.
            batch = gathered.to(device) if gathered is not None else objects.batch(draws)
            yield ReadyStep(step, batch, draws.samples.to(device))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _pinned(tensors: Tensors) -> Tensors:
    def pinned(tensor: Tensor) -> Tensor:
        return tensor.pin_memory()

    return type(tensors)(**{field.name: pinned(getattr(tensors, field.name)) for field in fields(tensors)})

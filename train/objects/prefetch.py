"""Prefetching: threads prepare the next steps while the device trains."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

import torch
from torch import Tensor

from pipeline.config.settings import Camera, Train
from pipeline.executors.read_ahead import read_ahead
from train.map_tensors import map_tensors
from train.objects.batches import RayBatch, StepDraws, StepInput, draw_step
from train.objects.device_objects import DeviceObjects
from train.objects.training_objects import TrainingObjects

THREADS = 4
AHEAD = 12  # steps in preparation, finished ones included


def steps_ahead(
    objects: TrainingObjects,
    settings: Train,
    camera: Camera,
    steps: range,
    device: torch.device,
    part: tuple[int, int] = (0, 1),
    threads: int = THREADS,
    ahead: int = AHEAD,
) -> Generator[StepInput]:
    """Yield the steps in order, for the `part[0]`-th of `part[1]` processes. Closing the generator ends its threads.

    Threads draw the next steps, and gather their batches where the objects lie on the CPU. The caller's thread copies
    to the device, in the order of its other work there. An error of a thread is raised when its step is due.

    A run on a CPU whose objects stay in memory makes each step when it is due. The threads of torch's operators wait
    for each other, so a thread beside them delays a step by more than its own work.
    """

    def prepare(step: int) -> tuple[StepDraws, RayBatch | None]:
        draws = draw_step(objects.count, objects.views, settings, camera, step).part(*part)
        batch = None if isinstance(objects, DeviceObjects) else objects.batch(draws)
        if device.type != "cuda":
            return draws, batch
        return draws.pinned(), map_tensors(batch, Tensor.pin_memory) if batch is not None else None

    at_once = device.type == "cpu" and objects.stay
    made = (prepare(step) for step in steps) if at_once else read_ahead(prepare, steps, threads, ahead)
    with closing(made) as prepared:
        for step, (draws, gathered) in zip(steps, prepared, strict=True):
            # torch reuses a pinned block only after the copies that were started from it.
            batch = gathered.to(device) if gathered is not None else objects.batch(draws)
            yield StepInput(step, batch, draws.samples.to(device))

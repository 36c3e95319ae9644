"""Training objects that threads are still loading."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from pipeline.config.settings import Machine
from train.objects.host_objects import HostObjects, Load
from train.objects.packed_object import PackedObject
from train.objects.residency import Say, measured_rooms, placed_objects
from train.objects.training_objects import TrainingObjects


@dataclass(frozen=True)
class ComingObjects:
    """The first object alone, from which a step's shapes are known, and a function that waits for all."""

    first: TrainingObjects
    wait: Callable[[], TrainingObjects]


@contextmanager
def coming_objects(
    load: Load, count: int, machine: Machine, device: torch.device, say: Say
) -> Generator[ComingObjects]:
    """Begin to open the `count` objects of a training, at least one, where they fit; see `placed_objects`.

    `say` gets the choice as a line, from a thread. Raises what `load` raises for the first object.
    """
    rooms = measured_rooms(machine, device)
    first = load(0)

    def load_others(index: int) -> PackedObject:
        return load(index) if index else first

    with ThreadPoolExecutor(1, thread_name_prefix="coming-objects") as pool:
        placed = pool.submit(placed_objects, load_others, count, machine, device, rooms, say)
        yield ComingObjects(HostObjects(lambda _: first, 1), placed.result)

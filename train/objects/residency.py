"""Residency: training objects lie on the device, else in memory, else in part, streamed from their stores."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from pipeline.config.settings import Machine
from pipeline.errors import UserError
from pipeline.executors.read_ahead import read_ahead
from pipeline.progress import Progress
from train.objects.device_objects import DeviceObjects
from train.objects.host_objects import HostObjects, Load
from train.objects.packed_object import PackedObject
from train.objects.training_objects import TrainingObjects

Residency = Literal["device", "host", "stream"]
Say = Callable[[str], None]

SHARE = 0.8  # of the free memory: the network, its activations and others need the rest
PROBED = 8  # objects whose size is measured to estimate the size of all
GIB = 2**30
CGROUP = Path("/sys/fs/cgroup")
MEMINFO = Path("/proc/meminfo")


@dataclass(frozen=True)
class Rooms:
    """Bytes that objects may take on the device, which is None on a CPU, and in this machine's memory."""

    device: int | None
    host: int


def choose_residency(wanted: str, needed: int, device_room: int | None, host_room: int) -> Residency:
    """Choose the first place that `needed` bytes of objects fit in, or the one that is wanted.

    `device_room` is None on a CPU. Raises UserError if the wanted place does not exist or is too small.
    """
    if wanted == "stream":
        return "stream"
    rooms: dict[Residency, int] = {} if device_room is None else {"device": device_room}
    rooms["host"] = host_room
    if wanted == "auto":
        return next((place for place, room in rooms.items() if needed <= room), "stream")
    place: Residency = "device" if wanted == "device" else "host"
    if place not in rooms:
        raise UserError("machine.residency is device, but this run is on a CPU: set it to auto, host or stream.")
    if needed > rooms[place]:
        raise UserError(
            f"machine.residency is {place}, but the objects take about {needed / GIB:.2f} GiB and there is room for "
            f"{rooms[place] / GIB:.2f} GiB: set it to auto or stream, or raise machine.residency_gib."
        )
    return place


def open_objects(load: Load, count: int, machine: Machine, device: torch.device, say: Say) -> TrainingObjects:
    """Open the `count` objects of a training, at least one, where they fit. `say` gets the choice as a line.

    Raises UserError, and what `load` raises.
    """
    device_room = _room(machine, _free_device_bytes(device)) if device.type == "cuda" else None
    rooms = Rooms(device_room, _room(machine, free_host_bytes()))
    return placed_objects(load, count, machine, device, rooms, say)


def placed_objects(
    load: Load, count: int, machine: Machine, device: torch.device, rooms: Rooms, say: Say
) -> TrainingObjects:
    """Open the objects in the given rooms, as `open_objects` does.

    The size of all is estimated from a few. If they prove larger than the chosen place, they go to the next one, and
    a line says so.
    """
    few = range(0, count, -(-count // PROBED))
    probed = dict(zip(few, read_ahead(load, few, machine.workers, PROBED), strict=True))
    needed = _bytes(probed.values()) * count // len(probed)
    place = choose_residency(machine.residency, needed, rooms.device, rooms.host)
    through = f"streamed from their stores through {rooms.host / GIB:.2f} GiB of this machine's memory"

    def first(index: int) -> PackedObject:
        return probed.pop(index) if index in probed else load(index)

    if place == "device" and rooms.device is not None:
        packed = list(_in_order(first, count, machine.workers))
        needed = _bytes(packed)
        on_device = _on_device(packed, needed, rooms.device, device)
        if on_device is not None:
            say(f"{_size(count, needed)}, in the memory of {device}")
            return on_device
        say(f"train: {needed / GIB:.2f} GiB are more than {device} has room for")
        if needed <= rooms.host:
            say(f"{_size(count, needed)}, in this machine's memory")
            return HostObjects(packed.__getitem__, count, None)
    elif place == "host":
        loaded = _within(first, count, rooms.host, machine.workers)
        if loaded is not None:
            say(f"{_size(count, _bytes(loaded))}, in this machine's memory")
            return HostObjects(loaded.__getitem__, count, None)
        say(f"train: {count} objects are more than this machine's memory has room for, {through}")
        return HostObjects(load, count, rooms.host)
    say(f"{_size(count, needed)}, {through}")
    return HostObjects(load, count, rooms.host)


def free_host_bytes(meminfo: Path = MEMINFO, cgroup: Path = CGROUP) -> int:
    """Measure the memory that is free without swapping, of the machine or of the container if that leaves less."""
    lines = dict(line.split(":") for line in meminfo.read_text(encoding="ascii").splitlines())
    available = int(lines["MemAvailable"].split()[0]) * 1024
    try:
        limit = int((cgroup / "memory.max").read_text(encoding="ascii"))
        used = int((cgroup / "memory.current").read_text(encoding="ascii"))
        statistics = dict(line.split() for line in (cgroup / "memory.stat").read_text(encoding="ascii").splitlines())
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return available
    return max(0, min(available, limit - used + int(statistics.get("inactive_file", 0))))


def _on_device(packed: list[PackedObject], size: int, room: int, device: torch.device) -> DeviceObjects | None:
    """Move the objects to the device, emptying the list. Returns None, with the list unchanged, if they do not fit."""
    if size > room:
        return None
    try:
        return DeviceObjects.of(packed, device)
    except torch.OutOfMemoryError:  # others took the free memory, or machine.residency_gib exceeds it
        return None


def _within(load: Load, count: int, room: int, workers: int) -> list[PackedObject] | None:
    """Load all objects. Returns None as soon as they prove larger than the room."""
    objects, size = [], 0
    with closing(_in_order(load, count, workers)) as loading:
        for loaded in loading:
            size += loaded.bytes
            if size > room:
                return None
            objects.append(loaded)
    return objects


def _in_order(load: Load, count: int, workers: int) -> Generator[PackedObject]:
    """Load all objects with several threads: reading is mostly decompression, which runs outside Python's lock."""
    progress = Progress("train: loading", count, "objects")
    try:
        with closing(read_ahead(load, range(count), workers, 2 * workers)) as loading:
            for loaded in loading:
                progress.step()
                yield loaded
    finally:
        progress.clear()


def _bytes(objects: Iterable[PackedObject]) -> int:
    return sum(packed.bytes for packed in objects)


def _size(count: int, size: int) -> str:
    return f"train: {count} objects, {size / GIB:.2f} GiB packed"


def _room(machine: Machine, free: int) -> int:
    return int(machine.residency_gib * GIB) if machine.residency_gib is not None else int(SHARE * free)


def _free_device_bytes(device: torch.device) -> int:
    free: int = torch.cuda.mem_get_info(device)[0]
    return free

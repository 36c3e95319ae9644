"""Where the training objects lie: on the device, else in memory, else in part, streamed from their stores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import torch

from pipeline.errors import UserError
from pipeline.progress import Progress
from pipeline.settings import Machine
from train.device_objects import DeviceObjects
from train.host_objects import HostObjects, Load
from train.objects import TrainingObjects
from train.packed_object import PackedObject

Residency = Literal["device", "host", "stream"]

SHARE = 0.8  # of what is free: the network, its activations and others want some
PROBED = 8  # objects, by whose size that of all is reckoned
GIB = 2**30
CGROUP = Path("/sys/fs/cgroup")
MEMINFO = Path("/proc/meminfo")


def choose_residency(wanted: str, needed: int, device_room: int | None, host_room: int) -> Residency:
    """The first place that `needed` bytes of objects fit in, or the one that is wanted.

    `device_room` is None on a CPU. Raises UserError if what is wanted is not there or too small.
    """
    if wanted == "stream":
        return "stream"
    rooms: dict[Residency, int] = {"host": host_room}
    if device_room is not None:
        rooms = {"device": device_room, "host": host_room}
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


def open_objects(
    load: Load, count: int, machine: Machine, device: torch.device, say: Callable[[str], None]
) -> TrainingObjects:
    """The objects of a training, where they fit; `say` gets the choice as a line. Raises UserError."""
    device_room = _room(machine, _free_device_bytes(device)) if device.type == "cuda" else None
    host_room = _room(machine, _free_host_bytes())
    probed = [load(index) for index in range(0, count, -(-count // PROBED))]
    needed = sum(one.bytes for one in probed) * count // len(probed)
    place = choose_residency(machine.residency, needed, device_room, host_room)
    size = f"train: {count} objects, {needed / GIB:.2f} GiB packed"
    if place == "device" and device_room is not None:
        packed = _loaded(load, count, machine.workers)
        found = sum(one.bytes for one in packed)
        if found <= device_room:
            say(f"{size}, in the memory of {device}")
            return DeviceObjects.of(packed, device)
        say(f"train: {found / GIB:.2f} GiB are more than the {device_room / GIB:.2f} GiB that {device} has room for")
        kept = dict(enumerate(packed))
        say(f"{size}, in this machine's memory")
        return HostObjects(lambda index: kept[index], count, None)
    if place == "host":
        say(f"{size}, in this machine's memory")
        objects = HostObjects(load, count, None)
        for _ in _in_order(objects.object, count, machine.workers):
            pass
        return objects
    room = f"{host_room / GIB:.2f} GiB of this machine's memory"
    say(f"{size}, streamed from their stores through {room}")
    return HostObjects(load, count, host_room)


def _loaded(load: Load, count: int, workers: int) -> list[PackedObject]:
    return list(_in_order(load, count, workers))


def _in_order(load: Load, count: int, workers: int) -> Iterator[PackedObject]:
    """All objects, by several threads: reading a store is mostly decompression, which runs beside Python."""
    progress = Progress("train: loading", count, "objects")
    with ThreadPoolExecutor(workers) as pool:
        for loaded in pool.map(load, range(count)):
            progress.step()
            yield loaded
    progress.clear()


def _room(machine: Machine, free: int) -> int:
    return int(machine.residency_gib * GIB) if machine.residency_gib is not None else int(SHARE * free)


def _free_device_bytes(device: torch.device) -> int:
    free: int = torch.cuda.mem_get_info(device)[0]
    return free


def _free_host_bytes() -> int:
    """What can be had without swapping: of the machine, or of the container if it leaves less."""
    fields = dict(line.split(":") for line in MEMINFO.read_text(encoding="ascii").splitlines())
    available = int(fields["MemAvailable"].split()[0]) * 1024
    try:
        limit = int((CGROUP / "memory.max").read_text(encoding="ascii"))
        used = int((CGROUP / "memory.current").read_text(encoding="ascii"))
        statistics = dict(line.split() for line in (CGROUP / "memory.stat").read_text(encoding="ascii").splitlines())
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return available
    return min(available, limit - used + int(statistics.get("inactive_file", 0)))

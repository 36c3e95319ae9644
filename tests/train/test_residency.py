from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from pipeline.config.profiles import profile_text
from pipeline.config.settings import Camera, Machine, parse_settings
from pipeline.errors import UserError
from tests.train.conftest import ball_arrays
from train.objects.device_objects import DeviceObjects
from train.objects.host_objects import HostObjects
from train.objects.packed_object import PackedObject, pack_object
from train.objects.residency import Rooms, choose_residency, free_host_bytes, open_objects, placed_objects
from train.objects.training_objects import TrainingObjects

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("wanted", "needed", "device_room", "host_room", "place"),
    [
        ("auto", 10, 10, 0, "device"),
        ("auto", 11, 10, 11, "host"),
        ("auto", 11, None, 11, "host"),
        ("auto", 12, 10, 11, "stream"),
        ("host", 5, 10, 5, "host"),
        ("device", 5, 10, 0, "device"),
        ("stream", 1, 10, 10, "stream"),
    ],
)
def test_the_first_place_that_is_large_enough(
    wanted: str, needed: int, device_room: int | None, host_room: int, place: str
) -> None:
    assert choose_residency(wanted, needed, device_room, host_room) == place


def test_what_is_wanted_and_cannot_be_had_is_a_sentence() -> None:
    with pytest.raises(UserError, match=r"machine\.residency is device, but this run is on a CPU"):
        choose_residency("device", 1, None, 10)
    with pytest.raises(UserError, match=r"take about 3\.00 GiB and there is room for 2\.00 GiB: set it to auto"):
        choose_residency("host", 3 * 2**30, None, 2 * 2**30)


def machine(**update: object) -> Machine:
    settings = parse_settings(yaml.safe_load(profile_text("smoke")), "smoke")
    return settings.machine.model_copy(update=update)


@pytest.mark.parametrize(
    ("update", "said", "held"),
    [({}, "in this machine's memory", 4), ({"residency_gib": 1e-6}, "streamed from their stores", 1)],
)
def test_a_category_larger_than_the_room_for_it_is_streamed(
    camera: Camera, update: dict[str, object], said: str, held: int
) -> None:
    arrays = ball_arrays(camera, [0.2, 0.3, 0.35, 0.25])

    def load(index: int) -> PackedObject:
        return pack_object(*(array[index] for array in arrays))

    lines: list[str] = []
    objects = open_objects(load, 4, machine(**update), torch.device("cpu"), lines.append)
    assert isinstance(objects, HostObjects)
    for index in range(4):
        objects.object(index)
    assert said in lines[-1]
    assert lines[-1].startswith("train: 4 objects, 0.00 GiB packed, ")
    one = load(0).bytes
    assert held * one * 0.5 < objects.bytes < held * one * 2


class Category:
    """Twenty objects of which the unprobed ones may be larger than their fellows; it counts who is loaded."""

    count = 20

    def __init__(self, unprobed_cells: int = 0) -> None:
        self.unprobed_cells = unprobed_cells
        self.loaded: list[int] = []
        self.lines: list[str] = []

    def load(self, index: int) -> PackedObject:
        self.loaded.append(index)
        return self.packed(index)

    def packed(self, index: int) -> PackedObject:
        feature = np.zeros((1, 16, 16, 4), np.float16)
        feature.reshape(256, 4)[: self.unprobed_cells if index % 3 else 0] = 1
        rgba, pose = np.full((1, 16, 16, 4), index, np.uint8), np.zeros((1, 4, 4), np.float32)
        return pack_object(rgba, pose, np.ones((1, 4), np.float32), feature)

    @property
    def bytes(self) -> int:
        return sum(self.packed(index).bytes for index in range(self.count))

    def placed(self, rooms: Rooms, **update: object) -> TrainingObjects:
        """The objects, with a CPU for a device."""
        return placed_objects(self.load, self.count, machine(**update), CPU, rooms, self.lines.append)


def test_objects_are_read_once_for_a_place_that_holds_all() -> None:
    for place, kind in ((Rooms(2**30, 0), DeviceObjects), (Rooms(None, 2**30), HostObjects)):
        category = Category()
        objects = category.placed(place)
        assert type(objects) is kind
        assert sorted(category.loaded) == list(range(20))
        assert len(category.lines) == 1


def test_objects_in_memory_are_the_ones_that_were_asked_for() -> None:
    objects = Category().placed(Rooms(None, 2**30))
    assert isinstance(objects, HostObjects)
    assert [int(objects.object(index).rgba[0, 0, 0, 0]) for index in range(20)] == list(range(20))


def test_what_proves_larger_than_the_device_goes_to_the_next_place_that_holds_it() -> None:
    category = Category(unprobed_cells=256)
    room, all_ = Category().bytes, category.bytes
    objects = category.placed(Rooms(room, all_))
    assert isinstance(objects, HostObjects)
    loads = len(category.loaded)
    for index in range(20):
        objects.object(index)
    assert objects.bytes == all_
    assert len(category.loaded) == loads == 20
    assert "more than cpu has room for" in category.lines[0]
    assert category.lines[1].endswith("in this machine's memory")

    category = Category(unprobed_cells=256)
    objects = category.placed(Rooms(room, all_ - 1), residency="device")
    assert isinstance(objects, HostObjects)
    for index in range(20):
        objects.object(index)
        assert objects.bytes <= all_ - 1
    assert "streamed from their stores" in category.lines[1]


def test_what_proves_larger_than_this_machines_memory_is_streamed() -> None:
    category, room = Category(unprobed_cells=256), Category().bytes
    objects = category.placed(Rooms(None, room))
    assert isinstance(objects, HostObjects)
    for index in range(20):
        objects.object(index)
        assert objects.bytes <= room
    assert category.lines[0].startswith("train: 20 objects are more than this machine's memory has room for, streamed")


def test_a_device_that_others_filled_meanwhile_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(packed: list[PackedObject], device: torch.device) -> DeviceObjects:
        raise torch.OutOfMemoryError("no room")

    monkeypatch.setattr(DeviceObjects, "of", full)
    category = Category()
    assert isinstance(category.placed(Rooms(2**30, 2**30)), HostObjects)
    assert "more than cpu has room for" in category.lines[0]


def test_an_object_that_cannot_be_read_ends_the_loading() -> None:
    def load(index: int) -> PackedObject:
        if index == 7:
            raise OSError("half a shard")
        return Category().packed(index)

    for rooms in (Rooms(2**30, 0), Rooms(None, 2**30)):
        with pytest.raises(OSError, match="half a shard"):
            placed_objects(load, 20, machine(), CPU, rooms, [].append)


def test_free_memory_is_the_containers_if_that_is_less(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:       9000 kB\nMemAvailable:   8000 kB\n")
    assert free_host_bytes(meminfo, tmp_path) == 8000 * 1024
    (tmp_path / "memory.current").write_text("6000000\n")
    (tmp_path / "memory.stat").write_text("anon 4000000\ninactive_file 1500000\n")
    for limit, free in (("max", 8000 * 1024), ("7000000", 2_500_000), ("99000000", 8000 * 1024), ("1000000", 0)):
        (tmp_path / "memory.max").write_text(limit + "\n")
        assert free_host_bytes(meminfo, tmp_path) == free


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_a_gpu_holds_what_fits() -> None:
    category = Category()
    objects = open_objects(category.load, 20, machine(), torch.device("cuda"), category.lines.append)
    assert isinstance(objects, DeviceObjects)
    assert category.lines[-1].endswith("in the memory of cuda")

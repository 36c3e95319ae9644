import pytest
import torch
import yaml

from pipeline.errors import UserError
from pipeline.profiles import profile_text
from pipeline.settings import Camera, Machine, parse_settings
from tests.train.conftest import ball_arrays
from train.host_objects import HostObjects
from train.packed_object import PackedObject, pack_object
from train.residency import choose_residency, open_objects


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
    rgba, pose, feature = ball_arrays(camera, [0.2, 0.3, 0.35, 0.25])

    def load(index: int) -> PackedObject:
        return pack_object(rgba[index], pose[index], feature[index])

    lines: list[str] = []
    objects = open_objects(load, 4, machine(**update), torch.device("cpu"), lines.append)
    assert isinstance(objects, HostObjects)
    for index in range(4):
        objects.object(index)
    assert said in lines[-1]
    assert lines[-1].startswith("train: 4 objects, 0.00 GiB packed, ")
    one = load(0).bytes
    assert held * one * 0.5 < objects.bytes < held * one * 2

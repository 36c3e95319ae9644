"""One suite for every place where training objects lie: the same bits for the same draws, and the right ones."""

import threading
from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline.settings import Camera, Train
from tests.train.conftest import ball_arrays
from train.batches import RayBatch, draw_step
from train.device_objects import DeviceObjects
from train.host_objects import HostObjects
from train.objects import TrainingObjects
from train.packed_object import PackedObject, pack_object

RADII = [0.2, 0.3, 0.35, 0.25, 0.15]
Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture
def world(camera: Camera) -> Arrays:
    """Five balls; the last view of the second one shows nothing, and of the fourth one no view does."""
    rgba, pose, feature = ball_arrays(camera, RADII)
    rgba[1, -1] = rgba[3] = 0
    feature[1, -1] = feature[3] = 0
    return rgba, pose, feature


def packed(world: Arrays) -> list[PackedObject]:
    rgba, pose, feature = world
    return [pack_object(rgba[index], pose[index], feature[index]) for index in range(len(rgba))]


def streamed(world: Arrays) -> HostObjects:
    objects = packed(world)
    return HostObjects(lambda index: objects[index], len(objects), 2 * max(one.bytes for one in objects))


def on_cuda(world: Arrays) -> DeviceObjects:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    return DeviceObjects.of(packed(world), torch.device("cuda"))


PLACES: dict[str, Callable[[Arrays], TrainingObjects]] = {
    "host": lambda world: HostObjects.of_arrays(*world),
    "streamed": streamed,
    "device": lambda world: DeviceObjects.of(packed(world), torch.device("cpu")),
    "cuda": on_cuda,
}


def plain_batch(world: Arrays, settings: Train, camera: Camera, step: int) -> RayBatch:
    """One ray after the other, from dense maps."""
    rgba, pose, feature = world
    draws = draw_step(len(rgba), camera.views, settings, camera, step)
    size, grid = camera.size, feature.shape[2]
    pixels, poses, colours, features = [], [], [], []
    for o, which in enumerate(draws.objects.tolist()):
        for r, view in enumerate(draws.views[o].tolist()):
            top, left, bottom, right = 0, 0, size, size
            shown = np.argwhere(rgba[which, view, :, :, 3])
            if draws.in_box and len(shown):
                (top, left), (bottom, right) = shown.min(axis=0), shown.max(axis=0) + 1
            row = int(top) + draws.pixels[o, r, 0].item() % int(bottom - top)
            col = int(left) + draws.pixels[o, r, 1].item() % int(right - left)
            y, x = (min(max((at + 0.5) * grid / size - 0.5, 0), grid - 1) for at in (row, col))
            total = np.zeros(feature.shape[-1])
            for i in range(grid):
                for j in range(grid):
                    share = max(0, 1 - abs(y - i)) * max(0, 1 - abs(x - j))
                    total += share * feature[which, view, i, j].astype(np.float64)
            colour = rgba[which, view, row, col] / 255
            pixels.append([row, col])
            poses.append(pose[which, view])
            colours.append(colour[:3] * colour[3])
            features.append(total)
    images = rgba[draws.objects[:, None], draws.source_views] / 255
    shape = (settings.objects_per_step, settings.rays_per_object, -1)
    return RayBatch(
        source_images=torch.from_numpy(2 * images[..., :3] * images[..., 3:] - 1).movedim(-1, 2),
        source_poses=torch.from_numpy(pose[draws.objects[:, None], draws.source_views]),
        pixels=torch.tensor(pixels).view(shape),
        poses=torch.from_numpy(np.array(poses)).view(*shape[:2], 4, 4),
        rgb=torch.from_numpy(np.array(colours)).view(shape),
        feature=torch.from_numpy(np.array(features)).view(shape),
    )


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("step", [0, 1, 999_999])
def test_a_batch_is_what_its_draws_name(world: Arrays, settings: Train, camera: Camera, place: str, step: int) -> None:
    settings = settings.model_copy(update={"objects_per_step": 5, "source_views": 2, "rays_per_object": 40})
    objects = PLACES[place](world)
    assert (objects.count, objects.views, objects.size, objects.teacher_channels) == (5, camera.views, camera.size, 6)
    draws = draw_step(5, camera.views, settings, camera, step)
    found, expected = objects.batch(draws).to(torch.device("cpu")), plain_batch(world, settings, camera, step)
    for field in fields(expected):
        torch.testing.assert_close(
            getattr(found, field.name), getattr(expected, field.name), rtol=1e-6, atol=1e-6, check_dtype=False
        )
    bits = HostObjects.of_arrays(*world).batch(draws)
    assert all(torch.equal(getattr(found, field.name), getattr(bits, field.name)) for field in fields(bits))


@given(
    arrays.arrays(np.float16, (2, 3, 3, 2), elements=st.sampled_from([0.0, -0.0, 1.5, float("nan")])),
)
def test_packing_loses_nothing(feature: np.ndarray) -> None:
    one = pack_object(np.zeros((2, 12, 12, 4), np.uint8), np.zeros((2, 4, 4), np.float32), feature)
    rows = torch.cat([torch.zeros(1, 2, dtype=torch.float16), one.tokens])
    np.testing.assert_array_equal(rows[one.cells.long()].numpy(), feature)
    assert len(one.tokens) == ((feature != 0).any(axis=-1)).sum()


def test_streaming_keeps_to_its_limit_and_loads_what_was_dropped_again(world: Arrays) -> None:
    objects = streamed(world)
    for index in (0, 1, 0, 2, 0, 1):
        objects.object(index)
    # 0 (probed), 1, then 2 for 1, which was used longest ago; then 1 again for 2.
    assert objects.loads == 4
    assert objects.bytes <= 2 * max(one.bytes for one in packed(world))


def test_an_object_that_many_want_at_once_is_loaded_once(world: Arrays) -> None:
    everything, entered = packed(world), threading.Event()
    counted: list[int] = []

    def slow(index: int) -> PackedObject:
        counted.append(index)
        if index == 1:
            entered.wait(5)
        return everything[index]

    objects = HostObjects(slow, 5)
    threads = [threading.Thread(target=objects.object, args=(1,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    entered.set()
    for thread in threads:
        thread.join()
    assert counted == [0, 1]


def test_an_object_that_cannot_be_loaded_says_so_and_may_be_asked_for_again(world: Arrays) -> None:
    everything, broken = packed(world), [True]

    def load(index: int) -> PackedObject:
        if index == 2 and broken.pop():
            raise OSError("half a shard")
        return everything[index]

    objects = HostObjects(load, 5)
    with pytest.raises(OSError, match="half a shard"):
        objects.object(2)
    broken.append(False)
    assert objects.object(2) is everything[2]

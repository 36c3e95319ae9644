"""One suite for every place where training objects lie: the same bits for the same draws, and the right ones."""

import threading
import time
from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline.config.settings import Camera, Train
from tests.train.conftest import ball_arrays, own_cameras
from train.objects.batches import RayBatch, StepDraws, draw_step
from train.objects.device_objects import DeviceObjects
from train.objects.host_objects import HostObjects
from train.objects.packed_object import PackedObject, pack_object
from train.objects.teacher_targets import cell_taps, mixed
from train.objects.training_objects import TrainingObjects

RADII = [0.2, 0.3, 0.35, 0.25, 0.15]
Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture
def world(camera: Camera) -> Arrays:
    """Five balls; the last view of the second one shows nothing, and of the fourth one no view does."""
    rgba, pose, _, feature = ball_arrays(camera, RADII)
    rgba[1, -1] = rgba[3] = 0
    feature[1, -1] = feature[3] = 0
    return rgba, pose, own_cameras(camera, *pose.shape[:2]).astype(np.float32), feature


def odd_world() -> Arrays:
    """Every colour and alpha, images 33 wide, maps of 7 cells that no number of pixels fits, 5 channels."""
    rng = np.random.default_rng(3)
    rgba = rng.integers(0, 256, (5, 4, 33, 33, 4), dtype=np.uint8)
    rgba[:, 0, :9, :, 3] = rgba[:, 1, :, 20:, 3] = rgba[2] = 0
    feature = rng.normal(size=(5, 4, 7, 7, 5)).astype(np.float16)
    feature[rng.random(feature.shape[:-1]) < 0.5] = 0
    feature[0] = 0
    pose, intrinsics = (rng.normal(size=(5, 4, *of_view)).astype(np.float32) for of_view in ((4, 4), (4,)))
    return rgba, pose, intrinsics, feature


def packed(world: Arrays) -> list[PackedObject]:
    return [pack_object(*of_one) for of_one in zip(*world, strict=True)]


def streamed(world: Arrays) -> HostObjects:
    objects = packed(world)
    return HostObjects(lambda index: objects[index], len(objects), 2 * max(one.bytes for one in objects))


def on_cuda(world: Arrays) -> DeviceObjects:
    return DeviceObjects.of(packed(world), torch.device("cuda"))


PLACES: dict[str, Callable[[Arrays], TrainingObjects]] = {
    "host": lambda world: HostObjects.of_arrays(*world),
    "streamed": streamed,
    "device": lambda world: DeviceObjects.of(packed(world), torch.device("cpu")),
    "cuda": on_cuda,
}
NEEDS_CUDA = (pytest.mark.cuda, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"))
EVERY_PLACE = [pytest.param(place, marks=NEEDS_CUDA if place == "cuda" else ()) for place in PLACES]


def plain_batch(world: Arrays, settings: Train, camera: Camera, step: int) -> RayBatch:
    """One ray after the other, from dense maps."""
    rgba, pose, intrinsics, feature = world
    draws = draw_step(len(rgba), camera.views, settings, camera, step)
    size, grid = rgba.shape[2], feature.shape[2]
    pixels, poses, cameras, colours, features = [], [], [], [], []
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
            cameras.append(intrinsics[which, view])
            colours.append(colour[:3] * colour[3])
            features.append(total)
    images = rgba[draws.objects[:, None], draws.source_views] / 255
    shape = (settings.objects_per_step, settings.rays_per_object, -1)
    return RayBatch(
        source_images=torch.from_numpy(2 * images[..., :3] * images[..., 3:] - 1).movedim(-1, 2),
        source_poses=torch.from_numpy(pose[draws.objects[:, None], draws.source_views]),
        source_intrinsics=torch.from_numpy(intrinsics[draws.objects[:, None], draws.source_views]),
        pixels=torch.tensor(pixels).view(shape),
        poses=torch.from_numpy(np.array(poses)).view(*shape[:2], 4, 4),
        intrinsics=torch.from_numpy(np.array(cameras)).view(*shape[:2], 4),
        rgb=torch.from_numpy(np.array(colours)).view(shape),
        feature=torch.from_numpy(np.array(features)).view(shape),
    )


@pytest.mark.parametrize("place", EVERY_PLACE)
@pytest.mark.parametrize("step", [0, 1, 999_999])
@pytest.mark.parametrize("odd", [False, True])
def test_a_batch_is_what_its_draws_name(
    world: Arrays, settings: Train, camera: Camera, place: str, step: int, odd: bool
) -> None:
    rgba, *_, feature = world = odd_world() if odd else world
    settings = settings.model_copy(update={"objects_per_step": 5, "source_views": 2, "rays_per_object": 40})
    objects = PLACES[place](world)
    assert (objects.count, objects.views, objects.size) == (5, camera.views, rgba.shape[2])
    assert objects.teacher_channels == feature.shape[-1]
    draws = draw_step(5, camera.views, settings, camera, step)
    found, expected = objects.batch(draws).to(torch.device("cpu")), plain_batch(world, settings, camera, step)
    for field in fields(expected):
        torch.testing.assert_close(
            getattr(found, field.name), getattr(expected, field.name), rtol=1e-6, atol=1e-6, check_dtype=False
        )
    dense = dense_batch(world, draws, found.pixels)
    assert all(torch.equal(getattr(found, field.name), getattr(dense, field.name)) for field in fields(dense))


def dense_batch(world: Arrays, draws: StepDraws, pixels: torch.Tensor) -> RayBatch:
    """The same from maps that are not packed, on the CPU, in single precision."""
    rgba, pose, intrinsics, feature = (torch.from_numpy(values) for values in world)
    which, views = draws.objects[:, None], draws.views
    taps = cell_taps(pixels + 0.5, rgba.shape[2], feature.shape[2])
    return RayBatch(
        source_images=2 * _over_black(rgba[which, draws.source_views]).movedim(-1, 2) - 1,
        source_poses=pose[which, draws.source_views],
        source_intrinsics=intrinsics[which, draws.source_views],
        pixels=pixels,
        poses=pose[which, views],
        intrinsics=intrinsics[which, views],
        rgb=_over_black(rgba[which, views, pixels[..., 0], pixels[..., 1]]),
        feature=mixed(taps, feature[which[..., None], views[..., None], taps.rows, taps.columns]),
    )


def _over_black(rgba: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(rgba.numpy()[..., :3] / np.float32(255) * (rgba.numpy()[..., 3:] / np.float32(255)))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.filterwarnings("ignore:Synchronization debug mode")
def test_a_gpu_gathers_without_anybody_waiting_for_it(world: Arrays, settings: Train, camera: Camera) -> None:
    objects, draws = on_cuda(world), draw_step(5, camera.views, settings, camera, 0).pinned()
    objects.batch(draws)
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        objects.batch(draws)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_more_cells_than_32_bits_count_are_refused() -> None:
    feature = np.zeros((1, 2, 2, 1), np.float16)
    one = pack_object(
        np.zeros((1, 8, 8, 4), np.uint8), np.zeros((1, 4, 4), np.float32), np.ones((1, 4), np.float32), feature
    )
    # One cell that stands for 2^31 - 1 takes no memory; the zero row is one more than can be counted.
    vast = replace(one, tokens=torch.zeros(1, 1, dtype=torch.float16).expand(2**31 - 1, 1))
    with pytest.raises(ValueError, match="2147483648 cells of teacher maps are more than 32 bits count"):
        DeviceObjects.of([vast], torch.device("cpu"))


@given(
    arrays.arrays(np.float16, (2, 3, 3, 2), elements=st.sampled_from([0.0, -0.0, 1.5, float("nan")])),
)
def test_packing_loses_nothing(feature: np.ndarray) -> None:
    one = pack_object(
        np.zeros((2, 12, 12, 4), np.uint8), np.zeros((2, 4, 4), np.float32), np.ones((2, 4), np.float32), feature
    )
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
    everything, may_end = packed(world), threading.Event()
    counted: list[int] = []

    def slow(index: int) -> PackedObject:
        counted.append(index)
        if index == 1:
            may_end.wait(5)
        return everything[index]

    objects = HostObjects(slow, 5)
    threads = [threading.Thread(target=objects.object, args=(1,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)  # all of them ask while the first one loads
    may_end.set()
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

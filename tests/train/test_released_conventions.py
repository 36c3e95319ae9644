"""The conventions of the released code in training: each setting's two values differ by what a hand calculates."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.settings import Camera, Train
from train.network.field import FieldNetwork
from train.network.model import new_model
from train.network.pixel_features import pixel_features
from train.network.source import Source
from train.objects.batches import draw_step
from train.objects.device_objects import DeviceObjects
from train.objects.host_objects import HostObjects
from train.objects.teacher_targets import cell_taps, mixed
from train.pixel_centres import first_centre
from train.rays import pixel_rays

# Train objects of each category, and the steps of 500 epochs of 4 objects as the released code takes them.
PUBLISHED = {
    "motorcycle": (235, 29_500),
    "bottle": (348, 43_500),
    "plane": (2831, 354_000),
    "chair": (4744, 593_000),
    "car": (5246, 656_000),
    "table": (5956, 744_500),
}


@pytest.mark.parametrize("category", PUBLISHED)
def test_epochs_are_the_released_steps(category: str) -> None:
    objects, steps = PUBLISHED[category]
    resolved = Train(objects_per_step=4, epochs=500).resolved(objects)
    assert (resolved.steps, resolved.epochs) == (steps, None)
    assert resolved == Train(objects_per_step=4, steps=steps)  # one run, one fingerprint
    assert Train(steps=7).resolved(objects).steps == 7


@given(count=st.integers(1, 40), per_step=st.integers(1, 9), epoch=st.integers(0, 3))
def test_an_epoch_draws_each_object_once(count: int, per_step: int, epoch: int) -> None:
    train, camera = Train(objects_per_step=per_step, draws="epochs", rays_per_object=1, held_out_views=0), Camera()
    steps = train.steps_per_epoch(count)
    drawn = [draw_step(count, 4, train, camera, epoch * steps + step).objects.tolist() for step in range(steps)]
    assert all(len(objects) == per_step for objects in drawn)
    flat = [index for objects in drawn for index in objects]
    assert sorted(flat[:count]) == list(range(count))
    assert flat[count:] == (flat[:count] * per_step)[: len(flat) - count]  # the last step is filled up


def test_epochs_have_orders_of_their_own_and_drawing_anew_repeats_objects() -> None:
    epochs, anew = (Train(objects_per_step=5, draws=d, held_out_views=0) for d in ("epochs", "anew"))
    orders = [
        [i for step in (0, 1) for i in draw_step(10, 4, epochs, Camera(), 2 * epoch + step).objects.tolist()]
        for epoch in range(3)
    ]
    assert orders[0] != orders[1] != orders[2]
    drawn = [i for step in (0, 1) for i in draw_step(10, 4, anew, Camera(), step).objects.tolist()]
    assert len(set(drawn)) < 10


def test_the_ray_of_a_pixel_by_hand() -> None:
    # Focal length 2, principal point (2, 2): pixel (1, 3) is at u = 3.5, v = 1.5, or at u = 3, v = 1.
    asked = torch.tensor([[1, 3]]), torch.eye(4)[None], torch.tensor([2.0, 2.0, 2.0, 2.0])
    for centres, across in (("half", [0.75, 0.25, -1]), ("corner", [0.5, 0.5, -1])):
        direction = pixel_rays(*asked, first_centre(centres)).direction[0]
        torch.testing.assert_close(direction, torch.tensor(across) / math.hypot(*across))
    assert torch.equal(pixel_rays(*asked).direction, pixel_rays(*asked, first_centre("half")).direction)


@pytest.mark.parametrize(
    ("u", "half", "corner"),
    # A map of 8 cells of an image of 16 pixels, cell j of value j: half reads u / 2 - 0.5, corner u / 2.
    [(8.0, 3.5, 4.0), (3.0, 1.0, 1.5), (0.5, 0.0, 0.25), (15.5, 7.0, 7.0), (14.0, 6.5, 7.0)],
)
def test_where_the_encoders_map_is_read_by_hand(u: float, half: float, corner: float) -> None:
    features = torch.arange(8.0).expand(1, 1, 1, 8, 8)
    camera = torch.eye(4)[None, None], torch.tensor([[[1.0, 1.0, 8.0, 8.0]]])
    point = torch.tensor([[[[u - 8, 0.0, -1.0]]]])
    for first, expected in ((0.5, half), (0.0, corner)):
        source = Source(features, *camera, 16, first)
        assert pixel_features(source, point).item() == pytest.approx(expected)


def test_two_offsets_turn_one_convention_into_the_other() -> None:
    """Rays at the pixel less 0.5, and the map read one pixel further: what the released convention comes to."""
    generator = torch.Generator().manual_seed(0)
    features, points = torch.rand(1, 1, 3, 8, 8, generator=generator), torch.rand(1, 1, 50, 3, generator=generator)
    points = (points - 0.5) * 12 - torch.tensor([0.0, 0.0, 8.0])
    camera = torch.tensor([10.0, 10.0, 8.0, 8.0])
    shifted = camera + torch.tensor([0.0, 0.0, 1.0, 1.0])
    corner = Source(features, torch.eye(4)[None, None], camera[None, None], 16, 0.0)
    half = Source(features, torch.eye(4)[None, None], shifted[None, None], 16)
    torch.testing.assert_close(pixel_features(corner, points), pixel_features(half, points))
    pixels = torch.randint(16, (20, 2), generator=generator)
    poses = torch.eye(4).expand(20, 4, 4)
    torch.testing.assert_close(
        pixel_rays(pixels, poses, camera, 0.0).direction, pixel_rays(pixels - 0.5, poses, camera).direction
    )


def target(position: float, border: str) -> float:
    """The target at (position, 16) of an image of 32 pixels, from 8 x 8 cells whose row r holds 10 (r + 1)."""
    feature = (10 * (1 + torch.arange(8.0)))[:, None, None].expand(8, 8, 1).half()
    taps = cell_taps(torch.tensor([position, 16.0]), 32, 8, border)  # type: ignore[arg-type]
    return mixed(taps, feature[taps.rows, taps.columns]).item()


@pytest.mark.parametrize(
    ("pixel", "half_edge", "half_zero", "corner_edge", "corner_zero"),
    # In cells, pixel 0 is at 0.5 / 4 - 0.5 = -0.375 or at -0.5; pixel 31 at 7.375 or 7.25; pixel 5 at 0.875 or 0.75.
    [(0, 10, 6.25, 10, 5), (31, 80, 50, 80, 60), (5, 18.75, 18.75, 17.5, 17.5)],
)
def test_the_target_by_hand(
    pixel: int, half_edge: float, half_zero: float, corner_edge: float, corner_zero: float
) -> None:
    half, corner = pixel + first_centre("half"), pixel + first_centre("corner")
    assert (target(half, "edge"), target(half, "zero")) == (half_edge, half_zero)
    assert (target(corner, "edge"), target(corner, "zero")) == (corner_edge, corner_zero)


@given(st.integers(0, 31), st.integers(0, 31))
def test_the_released_target_is_torchs_grid_sample(row: int, col: int) -> None:
    feature = torch.randn(8, 8, 3, generator=torch.Generator().manual_seed(0)).half()
    taps = cell_taps(torch.tensor([row, col]) + first_centre("corner"), 32, 8, "zero")
    grid = torch.tensor([col, row]) / 32 * 2 - 1
    expected = torch.nn.functional.grid_sample(
        feature.float().permute(2, 0, 1)[None], grid[None, None, None], align_corners=False
    )
    torch.testing.assert_close(mixed(taps, feature[taps.rows, taps.columns]), expected[0, :, 0, 0])


def test_objects_give_the_targets_of_their_settings(objects: HostObjects, settings: Train, camera: Camera) -> None:
    on_device = DeviceObjects.of([objects.object(index) for index in range(objects.count)], torch.device("cpu"))
    released = settings.model_copy(update={"pixel_centres": "corner", "feature_border": "zero"})
    draws, other = (draw_step(3, objects.views, of, camera, 0) for of in (released, settings))
    batch = objects.batch(draws)
    assert torch.equal(batch.feature, on_device.batch(draws).feature)
    assert torch.equal(batch.pixels, objects.batch(other).pixels)
    assert not torch.equal(batch.feature, objects.batch(other).feature)
    grid = objects.object(0).cells.shape[1]
    for index, row, view, pixel, feature in zip(
        draws.objects.repeat_interleave(draws.views.shape[1]),
        range(draws.views.numel()),
        draws.views.flatten(),
        batch.pixels.flatten(0, 1),
        batch.feature.flatten(0, 1),
        strict=True,
    ):
        packed = objects.object(int(index))
        tokens = torch.cat([torch.zeros_like(packed.tokens[:1]), packed.tokens])[packed.cells[view].long()].float()
        at = pixel.flip(-1) / camera.size * 2 - 1
        sampled = torch.nn.functional.grid_sample(
            tokens.permute(2, 0, 1)[None], at[None, None, None], align_corners=False
        )
        torch.testing.assert_close(feature, sampled[0, :, 0, 0], msg=lambda text, row=row: f"ray {row}: {text}")
    assert grid == camera.size // 4


def test_a_haze_has_density_1_everywhere_and_kaiming_weights_have_their_deviation() -> None:
    haze, kaiming = (FieldNetwork(8, 3, 512, 5, 6, density_start=start) for start in ("haze", "kaiming"))
    assert not haze.density.weight.any()
    assert haze.density.bias.tolist() == [1]
    assert kaiming.density.bias.tolist() == [0]
    # Normal with the variance 2 / inputs: the deviation of 512 draws is known within 10%.
    assert kaiming.density.weight.std().item() == pytest.approx(math.sqrt(2 / 512), rel=0.1)
    of_model = new_model(Train(density_start="kaiming", width=16), 3).network.density
    assert (of_model.weight.any().item(), of_model.bias.item()) == (True, 0)


def test_a_step_under_the_released_conventions_sees_the_encoders_map_as_encoded(
    objects: HostObjects, settings: Train, camera: Camera
) -> None:
    batch = objects.batch(draw_step(objects.count, objects.views, settings, camera, 0))
    for centres in ("half", "corner"):
        model = new_model(settings.model_copy(update={"pixel_centres": centres}), objects.teacher_channels)
        source = model.encode(batch.source_images, batch.source_poses, batch.source_intrinsics)
        assert source.first_centre == first_centre(centres)
        assert source.of_object(0).first_centre == source.first_centre
    assert np.isclose(first_centre("half") - first_centre("corner"), 0.5)

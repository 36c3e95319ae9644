from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.settings import Train
from train.batches import RayBatch, draw_batch, over_black
from train.objects import TrainingObjects, foreground_boxes
from train.teacher_targets import teacher_at_pixels


def same(first: RayBatch, second: RayBatch) -> bool:
    return all(torch.equal(getattr(first, f.name), getattr(second, f.name)) for f in fields(first))


def test_a_step_is_repeated_by_its_number_alone(objects: TrainingObjects, settings: Train) -> None:
    first = draw_batch(objects, settings, 7)
    torch.manual_seed(99)
    draw_batch(objects, settings, 3)
    assert same(first, draw_batch(objects, settings, 7))
    assert not same(first, draw_batch(objects, settings, 8))
    assert not same(first, draw_batch(objects, settings.model_copy(update={"seed": 1}), 7))
    assert not same(first, draw_batch(objects, settings, 7, purpose="validation"))


def test_objects_and_source_views_are_distinct_if_there_are_enough(objects: TrainingObjects, settings: Train) -> None:
    settings = settings.model_copy(update={"objects_per_step": 3, "source_views": 4})
    for step in range(10):
        poses = draw_batch(objects, settings, step).source_poses
        assert poses.shape == (3, 4, 4, 4)
        assert len(poses.reshape(12, 16).unique(dim=0)) == 12
    more = draw_batch(objects, settings.model_copy(update={"objects_per_step": 5, "source_views": 6}), 0)
    assert more.source_poses.shape == (5, 6, 4, 4)


def test_rays_stay_in_the_boxes_first_and_go_anywhere_later(objects: TrainingObjects, settings: Train) -> None:
    settings = settings.model_copy(update={"rays_per_object": 2000, "bounding_box_steps": 5})
    poses, boxes = objects.pose.reshape(-1, 16), objects.boxes.reshape(-1, 4)
    for step, inside in ((4, True), (5, False)):
        batch = draw_batch(objects, settings, step)
        which = (batch.poses.reshape(-1, 1, 16) == poses).all(-1).int().argmax(-1)
        assert len(which.unique()) == 2 * objects.views
        box, pixels = boxes[which], batch.pixels.reshape(-1, 2)
        assert bool(((pixels >= box[:, :2]) & (pixels < box[:, 2:])).all()) is inside
        if inside:
            # Both edges of a box are hit.
            first = which == which[0]
            assert torch.equal(pixels[first].amin(0), box[first][0, :2])
            assert torch.equal(pixels[first].amax(0) + 1, box[first][0, 2:])
        else:
            assert pixels.amin() == 0
            assert pixels.amax() == objects.size - 1


def test_targets_are_those_of_the_ray(objects: TrainingObjects, settings: Train) -> None:
    batch = draw_batch(objects, settings, 0)
    poses = objects.pose.reshape(-1, 16)
    for o in range(2):
        source = int((poses == batch.source_poses[o, 0].reshape(16)).all(-1).nonzero())
        image = objects.rgba.reshape(-1, *objects.rgba.shape[2:])[source].double() / 255
        expected = 2 * (image[..., :3] * image[..., 3:]) - 1
        np.testing.assert_allclose(batch.source_images[o, 0].permute(1, 2, 0), expected, atol=1e-6)
        for r in range(settings.rays_per_object):
            view = int((poses == batch.poses[o, r].reshape(16)).all(-1).nonzero())
            assert view // objects.views == source // objects.views
            row, col = batch.pixels[o, r].tolist()
            rgba = objects.rgba[view // objects.views, view % objects.views, row, col].double() / 255
            np.testing.assert_allclose(batch.rgb[o, r], rgba[:3] * rgba[3], atol=1e-6)


def test_boxes_by_hand() -> None:
    alpha = np.zeros((1, 3, 6, 8), np.uint8)
    alpha[0, 0, 2:5, 3:7] = 255
    alpha[0, 1, 5, 0] = 1
    assert foreground_boxes(alpha).tolist() == [[[2, 3, 5, 7], [5, 0, 6, 1], [0, 0, 6, 8]]]


def test_an_empty_view_is_drawn_from_as_a_whole(objects: TrainingObjects, settings: Train) -> None:
    empty = TrainingObjects.of(
        np.zeros_like(objects.rgba.numpy()), objects.pose.numpy(), np.zeros_like(objects.teacher.numpy())
    )
    batch = draw_batch(empty, settings.model_copy(update={"rays_per_object": 500}), 0)
    assert batch.pixels.amin() == 0
    assert batch.pixels.amax() == objects.size - 1
    assert not batch.rgb.any()
    assert (batch.source_images == -1).all()


def test_straight_alpha_over_black() -> None:
    rgba = torch.tensor([[255, 51, 0, 255], [255, 255, 255, 0], [255, 102, 0, 51]], dtype=torch.uint8)
    torch.testing.assert_close(over_black(rgba), torch.tensor([[1, 0.2, 0], [0, 0, 0], [0.2, 0.08, 0]]))


@pytest.mark.parametrize(
    ("row", "col", "expected"),
    [
        # Cells of 4 pixels: centres at 2, 6, ... A pixel centre at 5.5 lies 7/8 of the way from cell 0 to cell 1.
        (0, 0, 0.0),
        (0, 5, 0.875),
        (5, 0, 8.75),
        (6, 6, 1.125 + 11.25),
        (31, 31, 77.0),
    ],
)
def test_teacher_at_a_pixel_by_hand(row: int, col: int, expected: float) -> None:
    ramp = torch.arange(8.0)
    maps = (10 * ramp[:, None] + ramp)[None, None, :, :, None].half()
    zero = torch.zeros(1, 1, dtype=torch.int64)
    target = teacher_at_pixels(maps, zero[0], zero, torch.tensor([[[row, col]]]), size=32)
    assert target.item() == pytest.approx(expected)


@given(st.integers(0, 31), st.integers(0, 31))
def test_teacher_at_a_pixel_is_torchs_bilinear_interpolation(row: int, col: int) -> None:
    maps = torch.randn(1, 1, 8, 8, 3, generator=torch.Generator().manual_seed(0)).half()
    zero = torch.zeros(1, 1, dtype=torch.int64)
    target = teacher_at_pixels(maps, zero[0], zero, torch.tensor([[[row, col]]]), size=32)
    whole = torch.nn.functional.interpolate(
        maps[0].float().permute(0, 3, 1, 2), size=(32, 32), mode="bilinear", align_corners=False
    )
    torch.testing.assert_close(target[0, 0], whole[0, :, row, col])


def test_a_batch_moves_as_a_whole(objects: TrainingObjects, settings: Train) -> None:
    batch = draw_batch(objects, settings, 0)
    moved = batch.to(torch.device("meta"))
    assert all(getattr(moved, field.name).device.type == "meta" for field in fields(moved))
    assert same(batch, replace(batch))

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.settings import Camera, Train
from render.over_black import over_black
from train.objects.batches import LARGE, StepDraws, draw_step, step_generator
from train.objects.packed_object import foreground_boxes
from train.objects.teacher_targets import cell_taps, mixed


def tensors(draws: StepDraws) -> list[torch.Tensor]:
    samples = draws.samples
    places = [draws.objects, draws.source_views, draws.views, draws.pixels]
    return [*places, samples.coarse, samples.importance, samples.guided]


def same(first: StepDraws, second: StepDraws) -> bool:
    return all(torch.equal(one, other) for one, other in zip(tensors(first), tensors(second), strict=True))


def test_a_step_is_repeated_by_its_number_alone(settings: Train, camera: Camera) -> None:
    first = draw_step(9, 4, settings, camera, 7)
    torch.manual_seed(99)
    draw_step(9, 4, settings, camera, 3)
    assert same(first, draw_step(9, 4, settings, camera, 7))
    assert not same(first, draw_step(9, 4, settings, camera, 8))
    assert not same(first, draw_step(9, 4, settings.model_copy(update={"seed": 1}), camera, 7))
    assert not same(first, draw_step(9, 4, settings, camera, 7, purpose="validation"))


def test_objects_and_source_views_are_distinct_if_there_are_enough(settings: Train, camera: Camera) -> None:
    settings = settings.model_copy(update={"objects_per_step": 3, "source_views": 4})
    for step in range(10):
        draws = draw_step(3, 4, settings, camera, step)
        assert sorted(draws.objects.tolist()) == [0, 1, 2]
        assert all(sorted(views) == [0, 1, 2, 3] for views in draws.source_views.tolist())
    more = draw_step(2, 4, settings.model_copy(update={"source_views": 6}), camera, 0)
    assert more.objects.shape == (3,)
    assert more.source_views.shape == (3, 6)


def test_the_draws_of_one_number_of_source_views_by_hand(settings: Train, camera: Camera) -> None:
    settings = settings.model_copy(update={"source_views": 3})
    draws = draw_step(9, 4, settings, camera, 7)
    generator = step_generator(settings, "batch", 7)
    assert torch.equal(draws.objects, torch.randperm(9, generator=generator)[:2])
    sources = [torch.randperm(4, generator=generator)[:3] for _ in range(2)]
    assert torch.equal(draws.source_views, torch.stack(sources))
    assert torch.equal(draws.views, torch.randint(4, (2, 8), generator=generator))
    assert torch.equal(draws.pixels, torch.randint(LARGE, (2, 8, 2), generator=generator))
    assert same(draws, draw_step(9, 4, settings.model_copy(update={"source_views": (3,)}), camera, 7))


def test_a_step_draws_one_of_the_numbers_of_source_views_for_all_objects(settings: Train, camera: Camera) -> None:
    settings = settings.model_copy(update={"source_views": (1, 2, 4), "objects_per_step": 4})
    steps = [draw_step(9, 4, settings, camera, step) for step in range(300)]
    counts = [draws.source_views.shape[1] for draws in steps]
    # Each has 100 of 300 in the mean, with a standard deviation of 8.
    assert set(counts) == {1, 2, 4}
    assert all(abs(counts.count(count) - 100) < 40 for count in (1, 2, 4))
    for step, draws in enumerate(steps[:20]):
        again = draw_step(9, 4, settings, camera, step)
        assert same(draws, again)
        assert {again.part(index, 4).source_views.shape[1] for index in range(4)} == {counts[step]}
        # The objects are those of a run with one number.
        fixed = draw_step(9, 4, settings.model_copy(update={"source_views": 1}), camera, step)
        assert torch.equal(draws.objects, fixed.objects)
    assert counts != [draw_step(9, 4, settings, camera, step, "settling").source_views.shape[1] for step in range(300)]


def test_the_parts_of_a_step_are_the_step(settings: Train, camera: Camera) -> None:
    settings = settings.model_copy(update={"objects_per_step": 6})
    whole = draw_step(9, 4, settings, camera, 0)
    parts = [tensors(whole.part(index, 3)) for index in range(3)]
    assert all(
        torch.equal(torch.cat(pieces), all_)
        for pieces, all_ in zip(zip(*parts, strict=True), tensors(whole), strict=True)
    )
    with pytest.raises(ValueError, match="6 objects cannot be shared by 4"):
        whole.part(0, 4)


def test_rays_are_drawn_in_the_box_for_so_many_steps(settings: Train, camera: Camera) -> None:
    settings = settings.model_copy(update={"bounding_box_steps": 5})
    assert [draw_step(3, 4, settings, camera, step).in_box for step in (0, 4, 5, 99)] == [True, True, False, False]


def test_boxes_by_hand() -> None:
    alpha = np.zeros((3, 6, 8), np.uint8)
    alpha[0, 2:5, 3:7] = 255
    alpha[1, 5, 0] = 1
    assert foreground_boxes(alpha).tolist() == [[2, 3, 5, 7], [5, 0, 6, 1], [0, 0, 6, 8]]


def test_straight_alpha_over_black() -> None:
    rgba = torch.tensor([[255, 51, 0, 255], [255, 255, 255, 0], [255, 102, 0, 51]], dtype=torch.uint8)
    torch.testing.assert_close(over_black(rgba), torch.tensor([[1, 0.2, 0], [0, 0, 0], [0.2, 0.08, 0]]))


def teacher_at(feature: torch.Tensor, row: int, col: int) -> torch.Tensor:
    """The feature of a pixel of an image 32 wide, from a map of 8 x 8 cells."""
    taps = cell_taps(torch.tensor([row, col]) + 0.5, 32, 8)
    return mixed(taps, feature[taps.rows, taps.columns])


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
    feature = (10 * ramp[:, None] + ramp)[..., None].half()
    assert teacher_at(feature, row, col).item() == pytest.approx(expected)


@given(st.integers(0, 31), st.integers(0, 31))
def test_teacher_at_a_pixel_is_torchs_bilinear_interpolation(row: int, col: int) -> None:
    feature = torch.randn(8, 8, 3, generator=torch.Generator().manual_seed(0)).half()
    whole = torch.nn.functional.interpolate(
        feature[None].float().permute(0, 3, 1, 2), size=(32, 32), mode="bilinear", align_corners=False
    )
    torch.testing.assert_close(teacher_at(feature, row, col), whole[0, :, row, col])

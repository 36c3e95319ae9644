import math

import pytest

from eval.synthesis.image_metrics import ImageMetrics
from eval.synthesis.synthesis_summary import compare_synthesis, summarise_synthesis
from eval.synthesis.view_synthesis import SynthesisTask, evaluate_synthesis, synthesis_tasks
from eval.transfer.pairs import Pair
from pipeline.datasets.records import ObjectKey

KEYS = tuple(ObjectKey("02691156", str(number)) for number in range(3))


def test_tasks_spread_over_the_views_and_never_ask_for_the_source():
    tasks = synthesis_tasks(KEYS, views=50, target_views=8)
    assert [task.source_view for task in tasks] == [0, 1, 2]
    assert tasks[0].target_views == (1, 7, 13, 19, 25, 31, 37, 43)
    for task in tasks:
        assert len({*task.target_views, task.source_view}) == 9
    (task,) = synthesis_tasks(KEYS[:1], views=4, target_views=8)  # no more targets than there are views
    assert sorted(task.target_views) == [1, 2, 3]


def test_a_field_that_repeats_its_source_scores_like_the_baseline(flat_field, flat_renderer, flat_images):
    results = evaluate_synthesis("test", [SynthesisTask(KEYS[2], 0, (10, 20))], flat_images, flat_renderer)
    # The images are 0.2 (view 0), 0.3 and 0.4: errors of 0.1 and 0.2.
    assert [result.rendered.psnr for result in results] == pytest.approx([20, 20 - 20 * math.log10(2)], abs=1e-4)
    assert [result.rendered for result in results] == [result.source_image for result in results]
    assert flat_field.encoded == 1
    assert [len(pixels) for pixels in flat_field.asked] == [64, 64]


def scores(values, others=None):
    """PSNR of so many views of each object; objects differ, views of one do not."""
    return {
        Pair(key, 0, key, view): ImageMetrics(value, 0.5, None if others is None else others)
        for key, value in zip(KEYS, values, strict=True)
        for view in (1, 2)
    }


def test_the_summary_is_a_mean_and_of_nothing_none():
    summary = summarise_synthesis("whole field", scores((20.0, 22.0, 27.0)))
    assert summary.views == 6
    assert summary.psnr.mean == pytest.approx(23)
    assert 0 < summary.psnr.low < 20  # three objects tell little
    assert 27 < summary.psnr.high < 100
    assert summary.ssim.mean == summary.ssim.low == summary.ssim.high == 0.5
    assert summary.lpips is None
    assert summarise_synthesis("whole field", {}).psnr is None


def test_differences_are_taken_view_by_view():
    first, second = scores((20.0, 22.0, 27.0), 0.25), scores((19.0, 21.0, 26.0))
    found = compare_synthesis("whole field", first, "pixelnerf", second)
    assert (found.way, found.views) == ("whole field − pixelnerf", 6)
    assert found.psnr.mean == pytest.approx(1)
    assert (found.psnr.low, found.psnr.high) == pytest.approx((1, 1))  # the same for every object
    assert found.lpips is None
    assert compare_synthesis("whole field", first, "pixelnerf", {}).psnr is None


def test_lpips_is_measured_where_there_is_a_network_for_it(flat_images, flat_renderer):
    distance = iter((0.5, 0.25, 0.125, 0.0625))
    tasks = [SynthesisTask(KEYS[2], 0, (10, 20))]
    measured = evaluate_synthesis("test", tasks, flat_images, flat_renderer, lambda *_: next(distance))
    assert [(view.rendered.lpips, view.source_image.lpips) for view in measured] == [(0.5, 0.25), (0.125, 0.0625)]

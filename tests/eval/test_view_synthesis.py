import math

import pytest

from eval.synthesis.view_synthesis import SynthesisTask, evaluate_synthesis, summarise_synthesis, synthesis_tasks
from pipeline.datasets.records import ObjectKey

KEYS = tuple(ObjectKey("02691156", str(number)) for number in range(3))


def test_tasks_spread_over_the_views_and_never_ask_for_the_source():
    tasks = synthesis_tasks(KEYS, views=50, target_views=8)
    assert [task.source_view for task in tasks] == [0, 1, 2]
    assert tasks[0].target_views == (1, 7, 13, 19, 25, 31, 37, 43)
    for task in tasks:
        assert len({*task.target_views, task.source_view}) == 9


def test_no_more_targets_than_there_are_views():
    (task,) = synthesis_tasks(KEYS[:1], views=4, target_views=8)
    assert sorted(task.target_views) == [1, 2, 3]


def test_a_field_that_repeats_its_source_scores_like_the_baseline(flat_field, flat_renderer, flat_images):
    results = evaluate_synthesis([SynthesisTask(KEYS[2], 0, (10, 20))], flat_images, flat_renderer)
    # The images are 0.2 (view 0), 0.3 and 0.4: errors of 0.1 and 0.2.
    assert [result.rendered.psnr for result in results] == pytest.approx([20, 20 - 20 * math.log10(2)], abs=1e-4)
    assert [result.rendered for result in results] == [result.source_image for result in results]
    assert flat_field.encoded == 1
    assert [len(pixels) for pixels in flat_field.asked] == [64, 64]


def test_the_summary_is_a_mean_and_of_nothing_none(flat_renderer, flat_images):
    summary = summarise_synthesis(evaluate_synthesis([SynthesisTask(KEYS[2], 0, (10, 20))], flat_images, flat_renderer))
    assert summary.views == 2
    assert summary.rendered.psnr == pytest.approx(20 - 10 * math.log10(2), abs=1e-4)
    assert summarise_synthesis([]).rendered is None

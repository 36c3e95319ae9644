import numpy as np
import pytest

from eval.statistics.summary import compare, summarise
from eval.transfer.pairs import Pair
from eval.transfer.transfer_result import TransferResult
from pipeline.datasets.records import ObjectKey

TASK = "2d-cross-instance"


def result(number, descriptor, pck, iou, task=TASK):
    pair = Pair.cross_instance(ObjectKey("s", str(number)), ObjectKey("s", str(number + 1000)), 0)
    return TransferResult(task, descriptor, pair, (), (), pck, (), iou)


def test_means_are_over_the_pairs_for_which_a_metric_is_defined_and_the_rest_is_counted():
    results = [
        result(0, "one", (0.0, 0.5), 0.2),
        result(1, "one", (0.5, 1.0), None),
        result(2, "one", None, 0.4),
        result(3, "one", None, None),
        result(0, "other", (1.0, 1.0), 1.0),
        result(0, "one", (1.0, 1.0), 1.0, task="2d-novel-view"),
    ]
    summary = summarise(results, TASK, "one", (2.5, 5))
    assert [interval.mean for interval in summary.pck] == [0.25, 0.75]
    assert summary.iou.mean == pytest.approx(0.3)
    assert (summary.pairs, summary.keypoint_pairs, summary.part_pairs) == (4, 2, 2)
    assert summary.thresholds == (2.5, 5.0)
    assert all(interval.low <= interval.mean <= interval.high for interval in (*summary.pck, summary.iou))


def test_no_pair_gives_no_mean():
    summary = summarise((), "3d-cross-instance", "one", (0.1,))
    assert (summary.pairs, summary.pck, summary.iou, summary.task) == (0, None, None, "3d-cross-instance")
    difference = compare([result(0, "one", (1.0,), 1.0)], TASK, "one", "other", (2.5,))
    assert (difference.pairs, difference.pck, difference.iou) == (0, None, None)


def test_a_difference_is_over_pairs_where_both_are_defined():
    results = [
        result(0, "one", (0.5,), 0.5),
        result(1, "one", (1.0,), None),
        result(2, "one", (0.75,), 0.25),
        result(3, "one", (0.0,), 0.0),
        result(2, "other", (0.25,), None),
        result(1, "other", (0.5,), 0.5),
        result(0, "other", None, 0.25),
    ]
    difference = compare(results, TASK, "one", "other", (2.5,))
    assert (difference.pairs, difference.keypoint_pairs, difference.part_pairs) == (3, 2, 1)
    assert difference.pck[0].mean == pytest.approx(0.5)
    assert difference.iou.mean == 0.25
    # One pair of two objects says nothing of others.
    assert (difference.iou.low, difference.iou.high, difference.iou.p) == (-1.0, 1.0, 1.0)


def test_a_difference_is_told_from_none():
    draw = np.random.default_rng(0)
    level = draw.random(80)
    ahead, behind = (
        [
            result(n, name, (float(x),), float(x))
            for n, x in enumerate(np.clip(level + shift * draw.normal(1, 1, 80), 0, 1))
        ]
        for name, shift in (("ahead", 0.1), ("behind", 0.0))
    )
    same = [
        result(n, "same", (float(x),), float(x))
        for n, x in enumerate(np.clip(level + 0.1 * draw.normal(size=80), 0, 1))
    ]
    results = [*ahead, *behind, *same]
    difference = compare(results, TASK, "ahead", "behind", (2.5,))
    assert difference.pck[0].low > 0
    assert difference.pck[0].p < 0.001
    assert compare(results, TASK, "behind", "ahead", (2.5,)).pck[0].mean == -difference.pck[0].mean
    none = compare(results, TASK, "same", "behind", (2.5,)).pck[0]
    assert none.low < 0 < none.high and none.p > 0.05
    # The same pairs: levels differ far more between pairs than descriptors do, and drop out.
    wide = summarise(results, TASK, "ahead", (2.5,)).pck[0]
    assert difference.pck[0].high - difference.pck[0].low < (wide.high - wide.low) / 3

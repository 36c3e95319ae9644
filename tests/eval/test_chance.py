import numpy as np
import pytest

from eval.transfer.chance import Chance, chance_of, expected_ious, mean_chance
from eval.transfer.pairs import Pair
from eval.transfer.point_labels import PointLabels
from eval.transfer.point_transfer import plan_points
from eval.transfer.transfer_plan import PartPlan
from eval.transfer.view_transfer import plan_views
from eval.views import ViewLabels
from pipeline.datasets.records import ObjectKey

PAIR = Pair.cross_instance(ObjectKey("03001627", "a"), ObjectKey("03001627", "b"), 0)


def test_pck_in_2d_by_hand():
    # Below 1.2 px of the centre of pixel (1, 1) of 4 x 4 lie that pixel and its 4 neighbours; of (0, 0), itself and 2.
    part = np.ones((4, 4), dtype=np.uint8)
    uv = np.array([(1.5, 1.5), (0.5, 0.5)], dtype=np.float32)
    view = ViewLabels(uv, np.ones(2, dtype=bool), part, part > 0)
    chance = chance_of(plan_views(view, view), (1.0, 1.2))
    assert chance.pck == pytest.approx((1 / 16, (5 / 16 + 3 / 16) / 2))
    assert chance.iou == 1.0


def test_pck_in_3d_is_in_longest_edges():
    nothing = np.zeros((0, 3), dtype=np.float32)
    candidates = np.array([(0, 0, 0), (0.06, 0, 0), (0.08, 0, 0), (0.5, 0, 0)], dtype=np.float32)
    points = PointLabels(candidates[:1], np.ones(1, dtype=bool), nothing, np.zeros(0, dtype=np.uint8), candidates)
    # 0.1 of 0.7 is 0.07.
    assert chance_of(plan_points(points, points), (0.1,), unit=0.7) == Chance((0.5,), None)


def part_plan(source, target):
    source, target = np.array(source, dtype=np.uint8), np.array(target, dtype=np.uint8)
    labels = tuple(int(x) for x in np.intersect1d(source, target))
    return PartPlan(labels, np.arange(len(source)), source, np.arange(len(target)), target)


def test_iou_of_two_pixels_by_hand():
    # The source is half 1, half 2. Target pixels: one of 1, one of 2. Label 1: the first is a hit with 1/2; the second
    # a false alarm with 1/2, and then the union is 2: 1/2 (1/2 + 1/2 / 2) = 3/8.
    assert expected_ious(part_plan([1, 2], [1, 2])) == pytest.approx((3 / 8, 3 / 8))


def test_iou_equals_the_mean_of_many_draws():
    draw = np.random.default_rng(2)
    source, target = draw.integers(1, 4, size=40), draw.choice([1, 2, 3], p=[0.1, 0.3, 0.6], size=30)
    found = draw.choice(source, size=(40000, 30))
    for label, expected in zip((1, 2, 3), expected_ious(part_plan(source, target)), strict=True):
        both = ((found == label) & (target == label)).sum(axis=1)
        ious = both / ((found == label) | (target == label)).sum(axis=1)
        assert abs(ious.mean() - expected) < 4 * ious.std() / 200


def test_mean_over_pairs_leaves_out_what_is_not_defined():
    chances = [Chance((0.1, 0.3), None), Chance((0.3, 0.5), 0.5), Chance(None, None)]
    summary = mean_chance(chances, "2d-novel-view", (2.5, 5))
    assert [(i.low, i.mean, i.high) for i in summary.pck] == [pytest.approx((x, x, x)) for x in (0.2, 0.4)]
    assert (summary.iou.mean, summary.pairs, summary.keypoint_pairs, summary.part_pairs) == (0.5, 3, 2, 1)
    assert (summary.descriptor, summary.thresholds) == ("chance", (2.5, 5.0))
    assert mean_chance([], "2d-novel-view", (2.5,)).pck is None

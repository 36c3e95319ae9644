import numpy as np
import pytest
import torch

from eval.descriptors.descriptors import Descriptor
from eval.transfer.evaluate import evaluate_transfer, transfer
from eval.transfer.pairs import Pair
from eval.transfer.transfer_plan import common_ids
from eval.transfer.view_transfer import keypoint_pixels, plan_views
from eval.views import ViewLabels, candidate_pixels, pixels_containing
from pipeline.datasets.records import ObjectKey


def labels(uv, visible, part, foreground=None):
    part = np.array(part, dtype=np.uint8)
    return ViewLabels(
        np.array(uv, dtype=np.float32).reshape(-1, 2),
        np.array(visible, dtype=bool),
        part,
        part > 0 if foreground is None else np.array(foreground, dtype=bool),
    )


FULL = np.ones((4, 4))
NOWHERE = (np.nan, np.nan)
PAIR = Pair.cross_instance(ObjectKey("03001627", "a"), ObjectKey("03001627", "b"), 0)


class Place(Descriptor):
    """A perfect descriptor where both views show the same thing: cosine tells all these pixels apart."""

    name = "place"

    def at_pixels(self, _key, _seen, _view, pixels):
        row, column = torch.from_numpy(pixels).to(torch.float32).T
        return torch.stack([row, column, (100 - row**2 - column**2).sqrt()], dim=1)


def evaluated(source, target):
    return evaluate_transfer("2d-cross-instance", PAIR, plan_views(source, target), Place(), (2.5, 5.0))


def matched(source, target):
    return transfer("2d-cross-instance", PAIR, plan_views(source, target), Place()).keypoints


def test_only_ids_that_both_views_show_take_part():
    assert common_ids(np.array([True, True, False]), np.array([False, True, True, True])).tolist() == [1]


def test_perfect_descriptors_find_every_keypoint():
    view = labels([(0.5, 0.5), (2.5, 1.5), (3.5, 3.5)], [True] * 3, FULL)
    result = evaluated(view, view)
    assert result.keypoint_ids == (0, 1, 2)
    assert result.distances == (0, 0, 0)
    assert result.pck == (1.0, 1.0)


def test_distance_goes_from_the_found_pixels_centre_to_the_true_place():
    # The source keypoint lies in pixel (row 1, column 2); the same descriptor stands at (row 1, column 2) of the
    # target, centre (2.5, 1.5); the true place is 3 to the right and 4 below.
    source, target = labels([(2.9, 1.1)], [True], FULL), labels([(5.5, 5.5)], [True], np.ones((8, 8)))
    plan = plan_views(source, target)
    assert plan.keypoints.source[0] == pytest.approx((2.9, 1.1))
    assert matched(source, target).tolist() == [[2.5, 1.5]]
    assert plan.keypoints.true.tolist() == [[5.5, 5.5]]
    assert evaluated(source, target).distances == (5.0,)


def test_pixels_without_label_are_no_candidates():
    part = np.array(FULL, dtype=np.uint8)
    part[1, 2] = 0
    source, target = labels([(2.5, 1.5)], [True], FULL), labels([(2.5, 1.5)], [True], part, FULL)
    assert evaluated(source, target).distances == (1.0,)


def test_an_object_without_parts_offers_its_foreground():
    foreground = np.zeros((4, 4))
    foreground[2, 3] = foreground[0, 1] = 1
    view = labels([(0.5, 0.5)], [True], np.zeros((4, 4)), foreground)
    assert candidate_pixels(view).tolist() == [[0, 1], [2, 3]]
    assert matched(view, view).tolist() == [[1.5, 0.5]]


def test_nothing_in_common_is_none():
    shown, hidden = labels([(1, 1)], [True], FULL), labels([(1, 1)], [False], FULL)
    assert matched(shown, hidden) is None
    assert matched(shown, labels([(1, 1)], [True], np.zeros((4, 4)))) is None


def test_a_point_on_the_far_border_belongs_to_the_last_pixel():
    uv = np.array([(4, 4), (0, 0), (3.99, 1)], dtype=np.float32)
    assert pixels_containing(uv, 4, 4).tolist() == [[3, 3], [0, 0], [1, 3]]


def test_a_keypoint_over_the_background_is_read_at_the_nearest_foreground_beside_it():
    foreground = np.zeros((4, 4))
    foreground[1, 1:3] = 1
    # In order: over the foreground; above pixel (1, 2), nearer to it than to (1, 1); at the corner, where only (1, 1)
    # is beside it; nothing beside it; at one distance from both, where reading order decides.
    uv = [(1.2, 1.9), (2.1, 0.9), (0.1, 0.1), (0.5, 3.5), (2.0, 0.5)]
    view = labels(uv, [True] * 5, np.zeros((4, 4)), foreground)
    assert keypoint_pixels(view, np.arange(5)).tolist() == [[1, 1], [1, 2], [1, 1], [3, 0], [1, 1]]


def test_each_pixel_is_described_once():
    # Keypoints 0 and 1 share a pixel without a part, 2 lies in a labelled pixel, 3 alone in one without.
    part = np.zeros((4, 4))
    part[0] = 1
    view = labels([(1.5, 2.5), (1.6, 2.6), (2.5, 0.5), (3.5, 3.5)], [True] * 4, part, FULL)
    plan = plan_views(view, view)
    assert plan.source_places.tolist() == [[0, 0], [0, 1], [0, 2], [0, 3], [2, 1], [3, 3]]
    assert plan.keypoints.source_row.tolist() == [4, 4, 2, 5]
    assert plan.target_places.tolist() == [[0, 0], [0, 1], [0, 2], [0, 3]]
    assert plan.parts.source_row.tolist() == plan.parts.target_row.tolist() == [0, 1, 2, 3]


def test_labelled_pixels_are_described_only_for_parts_in_common():
    source = labels([(1.5, 2.5)], [True], FULL)
    plan = plan_views(source, labels([(1.5, 2.5)], [True], np.full((4, 4), 2)))
    assert plan.parts is None
    assert plan.source_places.tolist() == [[2, 1]]
    assert len(plan.target_places) == 16
    nothing = plan_views(labels([], [], FULL), labels([], [], np.full((4, 4), 2)))
    assert nothing.is_empty
    assert len(nothing.source_places) == len(nothing.target_places) == 0

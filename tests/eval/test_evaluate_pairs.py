import numpy as np
import pytest
import torch

from eval.descriptors import Descriptor
from eval.evaluate import evaluate_pairs, summarise
from eval.pairs import Pair
from eval.views import ViewLabels
from pipeline.datasets.records import ObjectKey

A, B, C = (ObjectKey("03001627", name) for name in "abc")
THRESHOLDS = (2.5, 5.0)


class Place:
    """The same place, the same descriptor: right where both views show the same thing."""

    name = "place"

    def at(self, _key, _view, pixels):
        row, column = torch.from_numpy(pixels).to(torch.float32).T
        return torch.stack([row, column, (200 - row**2 - column**2).sqrt()], dim=1)


class Blind:
    """All pixels look alike: the first candidate is found."""

    name = "blind"

    def at(self, _key, _view, pixels):
        return torch.ones(len(pixels), 4)


def labels_of(key, view):
    """A and B: keypoint 0 in pixel (0, 0), keypoint 1 in pixel (4, 3); parts 1 over 2. C: no keypoint, part 3."""
    uv = np.array([(0.5, 0.5), (3.5, 4.5)], dtype=np.float32)
    part = np.ones((8, 8), dtype=np.uint8)
    part[4:] = 2
    if key == C:
        return ViewLabels(uv, np.zeros(2, dtype=bool), np.full((8, 8), 3, dtype=np.uint8), part > 0)
    return ViewLabels(uv, np.ones(2, dtype=bool), part, part > 0)


PAIRS = (Pair.cross_instance(A, B, 7), Pair.cross_instance(A, C, 7))


def test_a_pair_by_hand():
    place, blind, *_ = evaluate_pairs(PAIRS, labels_of, (Place(), Blind()), THRESHOLDS)
    assert (place.distances, place.pck, place.iou) == ((0.0, 0.0), (1.0, 1.0), 1.0)
    # Blind finds pixel (0, 0) for both: distances 0 and 5, and 5 is not below 5. All becomes part 1: 32/64 and 0/32.
    assert (blind.distances, blind.pck) == ((0.0, 5.0), (0.5, 0.5))
    assert blind.part_iou == ((1, 0.5), (2, 0.0))
    assert blind.iou == 0.25
    assert blind.common_keypoints == 2


def test_means_are_over_the_pairs_that_have_something_in_common_and_the_rest_is_counted():
    results = evaluate_pairs((*PAIRS, Pair.cross_instance(B, A, 2)), labels_of, (Place(), Blind()), THRESHOLDS)
    place, blind = summarise(results, ("place", "blind"), THRESHOLDS)
    assert [place.descriptor, blind.descriptor] == ["place", "blind"]
    assert (blind.pairs, blind.keypoint_pairs, blind.part_pairs) == (3, 2, 2)
    assert (blind.pck, blind.iou) == ((0.5, 0.5), 0.25)
    assert place.pck == (1.0, 1.0)


def test_without_anything_in_common_there_is_no_mean():
    (summary,) = summarise(evaluate_pairs(PAIRS[1:], labels_of, (Place(),), THRESHOLDS), ("place",), THRESHOLDS)
    assert (summary.pck, summary.iou, summary.keypoint_pairs, summary.part_pairs, summary.pairs) == (
        None,
        None,
        0,
        0,
        1,
    )


def test_every_pair_weighs_the_same_however_many_keypoints_it_has():
    def one_hidden(key, view):
        labels = labels_of(key, view)
        visible = np.array([True, view == 0])
        return ViewLabels(labels.keypoint_uv, visible, labels.part, labels.foreground)

    # View 0: hits 1 of 2. View 1: 1 of 1. The mean over pairs is 3/4, over keypoints it would be 2/3.
    pairs = (Pair.cross_instance(A, B, 0), Pair.cross_instance(A, B, 1))
    (summary,) = summarise(evaluate_pairs(pairs, one_hidden, (Blind(),), (2.5,)), ("blind",), (2.5,))
    assert summary.pck == (pytest.approx(0.75),)


def test_a_descriptor_is_asked_for_its_own_object_and_view():
    asked = []

    class Recorded(Blind):
        def at(self, key, view, pixels):
            asked.append((key, view))
            return super().at(key, view, pixels)

    assert isinstance(Recorded(), Descriptor)
    evaluate_pairs((Pair(A, 3, B, 9),), labels_of, (Recorded(),), THRESHOLDS)
    assert set(asked) == {(A, 3), (B, 9)}


def test_no_pair_gives_summaries_without_means() -> None:
    (summary,) = summarise((), ("place",), THRESHOLDS)
    assert (summary.pairs, summary.pck, summary.iou) == (0, None, None)

import numpy as np
import pytest
import torch

from eval.descriptors.descriptors import Descriptor
from eval.transfer.evaluate import evaluate_transfer
from eval.transfer.pairs import Pair
from eval.transfer.view_transfer import plan_views
from eval.views import ViewLabels
from pipeline.datasets.records import ObjectKey

A, B, C = (ObjectKey("03001627", name) for name in "abc")
THRESHOLDS = (2.5, 5.0)


class Place(Descriptor):
    """The same place, the same descriptor: right where both views show the same thing."""

    name = "place"

    def at_pixels(self, _key, _seen, _view, pixels):
        row, column = torch.from_numpy(pixels).to(torch.float32).T
        return torch.stack([row, column, (200 - row**2 - column**2).sqrt()], dim=1)


class Blind(Descriptor):
    """All pixels look alike: the first candidate is found. Remembers what it was asked for."""

    name = "blind"

    def __init__(self):
        self.asked = []

    def at_pixels(self, key, seen, view, pixels):
        self.asked.append((key, seen, view, len(pixels)))
        assert len(np.unique(pixels, axis=0)) == len(pixels) > 0
        return torch.ones(len(pixels), 4)


def labels_of(key):
    """A and B: keypoint 0 in pixel (0, 0), keypoint 1 in pixel (4, 3); parts 1 over 2. C: no keypoint, part 3."""
    uv = np.array([(0.5, 0.5), (3.5, 4.5)], dtype=np.float32)
    part = np.ones((8, 8), dtype=np.uint8)
    part[4:] = 2
    if key == C:
        return ViewLabels(uv, np.zeros(2, dtype=bool), np.full((8, 8), 3, dtype=np.uint8), part > 0)
    return ViewLabels(uv, np.ones(2, dtype=bool), part, part > 0)


def plan_of(pair):
    return plan_views(labels_of(pair.source), labels_of(pair.target))


def evaluated(pair, descriptor, task="2d-cross-instance"):
    return evaluate_transfer(task, pair, plan_of(pair), descriptor, THRESHOLDS)


def test_a_pair_by_hand():
    pair = Pair.cross_instance(A, B, 7)
    place, blind = evaluated(pair, Place()), evaluated(pair, Blind())
    assert (place.distances, place.pck, place.iou) == ((0.0, 0.0), (1.0, 1.0), 1.0)
    # Blind finds pixel (0, 0) for both: distances 0 and 5, and 5 is not below 5. All becomes part 1: 32/64 and 0/32.
    assert (blind.distances, blind.pck) == ((0.0, 5.0), (0.5, 0.5))
    assert blind.part_iou == ((1, 0.5), (2, 0.0))
    assert blind.iou == 0.25
    assert blind.keypoint_ids == (0, 1)
    assert (blind.task, blind.descriptor, blind.pair) == ("2d-cross-instance", "blind", pair)


def test_a_pair_with_nothing_in_common_asks_for_nothing():
    blind, pair = Blind(), Pair.cross_instance(A, C, 7)
    result = evaluated(pair, blind)
    assert (result.pck, result.iou, result.distances, result.keypoint_ids, result.part_iou) == (None, None, (), (), ())
    assert blind.asked == []


@pytest.mark.parametrize(
    ("task", "pair", "asked"),
    [
        ("2d-cross-instance", Pair(A, 3, B, 9), [(A, 3, 3, 64), (B, 9, 9, 64)]),
        ("2d-other-camera", Pair(A, 3, B, 20), [(A, 3, 3, 64), (B, 20, 20, 64)]),
        ("2d-novel-view", Pair(A, 3, A, 9), [(A, 3, 3, 64), (A, 3, 9, 64)]),
    ],
)
def test_each_side_is_asked_for_once_and_a_novel_view_is_known_from_the_source_alone(task, pair, asked):
    blind = Blind()
    evaluated(pair, blind, task)
    assert blind.asked == asked


def test_a_descriptor_that_is_not_finite_is_refused():
    class Broken(Blind):
        def at_pixels(self, _key, _seen, _view, pixels):
            return torch.full((len(pixels), 4), torch.nan)

    with pytest.raises(ValueError, match="not finite"):
        evaluated(Pair.cross_instance(A, B, 7), Broken())

import numpy as np
import pytest
import torch

from eval.descriptors.descriptors import Descriptor
from eval.transfer.evaluate import evaluate_transfer, transfer
from eval.transfer.pairs import Pair
from eval.transfer.part_cosegmentation import part_iou
from eval.transfer.transfer_plan import common_labels
from eval.transfer.view_transfer import plan_views
from eval.views import ViewLabels
from pipeline.datasets.records import ObjectKey

SOURCE_KEY, TARGET_KEY = ObjectKey("03001627", "a"), ObjectKey("03001627", "b")
PAIR = Pair.cross_instance(SOURCE_KEY, TARGET_KEY, 0)


def view(part):
    part = np.array(part, dtype=np.uint8)
    return ViewLabels(np.zeros((0, 2), np.float32), np.zeros(0, bool), part, part > 0)


class Looks(Descriptor):
    """Pixels with the same number look the same; different numbers have nothing in common."""

    name = "looks"

    def __init__(self, source, target):
        self.numbers = {SOURCE_KEY: torch.tensor(source), TARGET_KEY: torch.tensor(target)}

    def at_pixels(self, key, _seen, _view, pixels):
        return torch.eye(16)[self.numbers[key][tuple(torch.from_numpy(pixels).T)]]


def transferred(source, target, looks):
    return evaluate_transfer("2d-cross-instance", PAIR, plan_views(view(source), view(target)), looks, ())


# The source: left half part 1, right half part 2; what a pixel looks like tells its half.
SOURCE = [[1, 1, 2, 2]] * 4
SOURCE_LOOK = [[0, 0, 1, 1]] * 4


def test_iou_by_hand():
    # The target's true parts; one pixel unlabelled, one of part 3 that the source lacks.
    target = [[1, 1, 2, 2], [1, 1, 2, 2], [1, 1, 2, 0], [1, 3, 2, 2]]
    # The third column looks like the source's left half.
    result = transferred(SOURCE, target, Looks(SOURCE_LOOK, [[0, 0, 0, 1]] * 4))
    # 15 labelled pixels. Found 1: 4 + 4 + 4 = 12, of which true 1: 7. Found 2: 3 of the last column, all true 2.
    # Part 1: 7 / (7 + 12 - 7). Part 2: 3 / (7 + 3 - 3).
    assert result.part_iou == ((1, 7 / 12), (2, 3 / 7))
    assert result.iou == pytest.approx((7 / 12 + 3 / 7) / 2)


def test_three_parts_by_hand():
    source = [[1, 1, 2, 3], [1, 1, 2, 3], [0, 0, 2, 3], [0, 0, 2, 3]]
    target = [[1, 2, 3, 3], [1, 2, 3, 3], [1, 2, 2, 0], [1, 1, 1, 0]]
    # Looks 0, 1, 2 are those of parts 1, 2, 3 in the source.
    look = [[0, 0, 2, 2], [0, 1, 2, 1], [0, 1, 1, 5], [1, 1, 0, 5]]
    result = transferred(source, target, Looks([[0, 0, 1, 2]] * 4, look))
    # Found: 1 1 3 3 / 1 2 3 2 / 1 2 2 - / 2 2 1 -.
    # Part 1: true 6, found 5 (4 of them true): 4 / 7. Part 2: true 4, found 6 (3 true): 3 / 7. Part 3: true 4, found 3
    # (all true): 3 / 4.
    assert result.part_iou == ((1, 4 / 7), (2, 3 / 7), (3, 3 / 4))


def test_perfect_descriptors_reach_one():
    assert transferred(SOURCE, SOURCE, Looks(SOURCE_LOOK, SOURCE_LOOK)).part_iou == ((1, 1.0), (2, 1.0))


def test_unlabelled_source_pixels_give_no_label():
    # The target's second column looks like the source's unlabelled column and like nothing else; it takes a label all
    # the same, the first pixel's, because only labelled pixels are asked.
    source, look = [[1, 0, 2, 2]] * 4, [[0, 5, 1, 1]] * 4
    target = [[1, 1, 2, 2]] * 4
    matched = transfer("2d-cross-instance", PAIR, plan_views(view(source), view(target)), Looks(look, look))
    assert set(matched.parts.tolist()) == {1, 2}
    assert transferred(source, target, Looks(look, look)).part_iou == ((1, 1.0), (2, 1.0))


def test_labels_in_both_without_zero():
    assert common_labels(np.array([[0, 1, 2, 5]], np.uint8), np.array([[5, 0, 2, 3]], np.uint8)) == (2, 5)


def test_no_common_part_is_none():
    assert transferred([[1]], [[2]], Looks([[0]], [[0]])).iou is None
    assert transferred([[0]], [[0]], Looks([[0]], [[0]])).iou is None


def test_iou_of_a_part_nobody_has_is_refused():
    with pytest.raises(ValueError, match="part 4"):
        part_iou(np.array([1], np.uint8), np.array([2], np.uint8), (4,))

import numpy as np
import pytest
import torch

from eval.part_cosegmentation import common_parts, part_iou, transfer_parts
from eval.views import ViewLabels


def view(part):
    part = np.array(part, dtype=np.uint8)
    return ViewLabels(np.zeros((0, 2), np.float32), np.zeros(0, bool), part, part > 0)


def one_hot(numbers):
    """Pixels with the same number look the same; different numbers have nothing in common."""
    table = torch.eye(16)[torch.tensor(numbers)]
    return lambda pixels: table[tuple(torch.from_numpy(pixels).T)]


# The source: left half part 1, right half part 2; what a pixel looks like tells its half.
SOURCE = [[1, 1, 2, 2]] * 4
SOURCE_LOOK = [[0, 0, 1, 1]] * 4


def test_iou_by_hand():
    # The target's true parts; one pixel unlabelled, one of part 3 that the source lacks.
    target = [[1, 1, 2, 2], [1, 1, 2, 2], [1, 1, 2, 0], [1, 3, 2, 2]]
    # The third column looks like the source's left half.
    look = [[0, 0, 0, 1]] * 4
    result = transfer_parts(view(SOURCE), view(target), one_hot(SOURCE_LOOK), one_hot(look))
    # 15 labelled pixels. Found 1: 4 + 4 + 4 = 12, of which true 1: 7. Found 2: 3 of the last column, all true 2.
    # Part 1: 7 / (7 + 12 - 7). Part 2: 3 / (7 + 3 - 3).
    assert result.labels == (1, 2)
    assert result.iou == (7 / 12, 3 / 7)
    assert result.mean_iou == pytest.approx((7 / 12 + 3 / 7) / 2)
    assert len(result.pixels) == 15


def test_perfect_descriptors_reach_one():
    result = transfer_parts(view(SOURCE), view(SOURCE), one_hot(SOURCE_LOOK), one_hot(SOURCE_LOOK))
    assert result.iou == (1.0, 1.0)


def test_unlabelled_source_pixels_give_no_label():
    # The target's second column looks like the source's unlabelled column and like nothing else; it takes a label all
    # the same, the first pixel's, because only labelled pixels are asked.
    source, look = [[1, 0, 2, 2]] * 4, [[0, 5, 1, 1]] * 4
    result = transfer_parts(view(source), view([[1, 1, 2, 2]] * 4), one_hot(look), one_hot(look))
    assert set(result.found.tolist()) == {1, 2}
    assert result.iou == (1.0, 1.0)


def test_labels_in_both_without_zero():
    assert common_parts(view([[0, 1, 2, 5]]), view([[5, 0, 2, 3]])) == (2, 5)


def test_no_common_part_is_none():
    assert transfer_parts(view([[1]]), view([[2]]), one_hot([[0]]), one_hot([[0]])) is None


def test_iou_of_a_part_nobody_has_is_refused():
    with pytest.raises(ValueError, match="part 4"):
        part_iou(np.array([1], np.uint8), np.array([2], np.uint8), (4,))

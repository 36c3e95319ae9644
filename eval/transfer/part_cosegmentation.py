"""Part co-segmentation: the target's parts, read off the source's."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from eval.descriptors.descriptor_rows import rows_of
from eval.descriptors.similarity import most_similar
from eval.transfer.transfer_plan import PartPlan


def part_iou(
    matched: UInt8[np.ndarray, " n"], true: UInt8[np.ndarray, " n"], labels: Sequence[int]
) -> tuple[float, ...]:
    """Intersection over union of each label over the places given. Raises ValueError for a label that is in neither."""
    ious = []
    for label in labels:
        union = int(np.sum((matched == label) | (true == label)))
        if union == 0:
            raise ValueError(f"IoU of part {label} is undefined: no place carries it")
        ious.append(int(np.sum((matched == label) & (true == label))) / union)
    return tuple(ious)


def find_parts(plan: PartPlan, source: Float[Tensor, "n c"], target: Float[Tensor, "m c"]) -> UInt8[np.ndarray, " q"]:
    """Give each labelled target place the label of the most similar labelled source place (paper, section Evaluation).

    `source` and `target` are descriptors of the plan's places.
    """
    index = most_similar(rows_of(target, plan.target_row), rows_of(source, plan.source_row))
    return np.asarray(plan.source_label[index.cpu().numpy()])

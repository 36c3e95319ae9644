"""Keypoint transfer: where a source keypoint's most similar place lies in the target."""

import numpy as np
from jaxtyping import Float, Float32, Float64
from torch import Tensor

from eval.descriptors.descriptor_rows import rows_of
from eval.descriptors.similarity import most_similar
from eval.transfer.transfer_plan import KeypointPlan


def find_keypoints(
    plan: KeypointPlan, source: Float[Tensor, "n c"], target: Float[Tensor, "m c"]
) -> Float32[np.ndarray, "k d"]:
    """Match each keypoint to the most similar candidate (paper, section Evaluation).

    `source` and `target` are descriptors of the plan's places.
    """
    index = most_similar(rows_of(source, plan.source_row), rows_of(target, plan.candidate_row))
    return np.asarray(plan.candidate[index.cpu().numpy()])


def distances(plan: KeypointPlan, matched: Float32[np.ndarray, "k d"]) -> Float64[np.ndarray, " k"]:
    """Measure how far the matched places are from the true ones, in the plan's unit."""
    return np.asarray(np.linalg.norm(matched.astype(np.float64) - plan.true.astype(np.float64), axis=1))

"""Keypoint transfer: where a source keypoint's most similar place lies in the target."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64
from torch import Tensor

from eval.descriptors.descriptor_rows import rows_of
from eval.descriptors.similarity import most_similar
from eval.transfer.transfer_plan import KeypointPlan


@dataclass(frozen=True)
class KeypointTransfer:
    """The transferred keypoints of one pair of views; u right, v down, in pixels, pixel centres at +0.5."""

    ids: Int64[np.ndarray, " k"]
    source_uv: Float32[np.ndarray, "k 2"]
    found_uv: Float32[np.ndarray, "k 2"]
    true_uv: Float32[np.ndarray, "k 2"]
    distance: Float64[np.ndarray, " k"]


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


def keypoint_transfer(plan: KeypointPlan, matched: Float32[np.ndarray, "k 2"]) -> KeypointTransfer:
    """Gather the matches of a pair of views as pictures show them."""
    return KeypointTransfer(plan.ids, plan.source, matched, plan.true, distances(plan, matched))

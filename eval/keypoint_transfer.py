"""2D keypoint transfer: where a source keypoint's most similar pixel lies in the target."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64
from torch import Tensor

from eval.similarity import most_similar
from eval.views import ViewLabels, candidate_pixels, pixels_containing

# Descriptors of pixels (row, column) of one view.
PixelFeatures: TypeAlias = Callable[[Int64[np.ndarray, "n 2"]], Float[Tensor, "n c"]]


@dataclass(frozen=True)
class KeypointTransfer:
    """The transferred keypoints of one pair; u right, v down, in pixels, pixel centres at +0.5."""

    ids: Int64[np.ndarray, " k"]
    source_uv: Float32[np.ndarray, "k 2"]
    found_uv: Float32[np.ndarray, "k 2"]
    true_uv: Float32[np.ndarray, "k 2"]
    distance: Float64[np.ndarray, " k"]


def common_keypoints(source: ViewLabels, target: ViewLabels) -> Int64[np.ndarray, " k"]:
    """The semantic ids that both views show, ascending."""
    known = min(len(source.keypoint_visible), len(target.keypoint_visible))
    return np.flatnonzero(source.keypoint_visible[:known] & target.keypoint_visible[:known]).astype(np.int64)


def transfer_keypoints(
    source: ViewLabels, target: ViewLabels, source_features: PixelFeatures, target_features: PixelFeatures
) -> KeypointTransfer | None:
    """Each common keypoint goes to the centre of the most similar candidate pixel (paper, section Evaluation).

    Candidates are the target's labelled pixels, or its foreground if it has no part annotation (`candidate_pixels`).
    None if the views have no keypoint in common or the target has no candidate.
    """
    ids = common_keypoints(source, target)
    candidates = candidate_pixels(target)
    if len(ids) == 0 or len(candidates) == 0:
        return None
    source_uv, true_uv = source.keypoint_uv[ids], target.keypoint_uv[ids]
    queries = source_features(pixels_containing(source_uv, *source.part.shape))
    index = most_similar(queries, target_features(candidates)).cpu().numpy()
    found_uv = candidates[index][:, ::-1].astype(np.float32) + np.float32(0.5)
    distance = np.linalg.norm(found_uv.astype(np.float64) - true_uv.astype(np.float64), axis=1)
    return KeypointTransfer(ids, source_uv, found_uv, true_uv, distance)

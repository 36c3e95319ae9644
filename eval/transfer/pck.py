"""PCK: the percentage of correct keypoints, as a share."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64


def pck(distance: Float64[np.ndarray, " k"], thresholds: Sequence[float]) -> tuple[float, ...]:
    """For each threshold the share of distances BELOW it, in the distances' unit. Raises ValueError without any."""
    if len(distance) == 0:
        raise ValueError("PCK of no keypoint is undefined")
    return tuple(float(np.mean(distance < threshold)) for threshold in thresholds)

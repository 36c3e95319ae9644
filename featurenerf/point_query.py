"""A field's answers at many points, a part at a time, in this machine's memory."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float32
from torch import Tensor

from featurenerf.answers import PointAnswers
from train.trained_field import FieldPoints

POINTS_AT_ONCE = 1 << 16  # answers that lie on the device at one time


def query_in_parts(
    query: Callable[[Float32[np.ndarray, "n 3"]], FieldPoints],
    points: Float32[np.ndarray, "n 3"],
    feature: bool = True,
    internal: bool = True,
) -> PointAnswers:
    """Query world points, at least one; features that are not wanted get 0 channels."""
    channels = {"feature": None if feature else 0, "internal": None if internal else 0}
    arrays: dict[str, Float32[np.ndarray, "..."]] = {}
    for start in range(0, len(points), POINTS_AT_ONCE):
        part = slice(start, start + POINTS_AT_ONCE)
        answers = query(points[part])
        for name in ("density", "rgb", "feature", "internal", "coordinate"):
            values: Tensor = getattr(answers, name)
            kept = values[:, : channels[name]] if name in channels else values
            # One array for all parts from the start: to join parts would hold everything twice.
            whole = arrays.setdefault(name, np.empty((len(points), *kept.shape[1:]), np.float32))
            whole[part] = kept.cpu().numpy()
    return PointAnswers(**arrays)

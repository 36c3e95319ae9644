"""A teacher's scale: maps are divided by the RMS of its values on foreground cells of the train split, so that the
feature loss means the same for every teacher."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Bool, Float32

from pipeline.errors import UserError


def root_mean_square(
    samples: Iterable[tuple[Float32[np.ndarray, "cells cells channels"], Bool[np.ndarray, "cells cells"]]],
) -> float:
    """RMS over all channels of the foreground cells of maps. Raises UserError if there is nothing to measure."""
    total, count = 0.0, 0
    for values, cells in samples:
        chosen = values[cells].astype(np.float64)
        total += float((chosen**2).sum())
        count += chosen.size
    if count == 0 or total == 0:
        raise UserError(
            "the teacher's scale cannot be fitted, the sampled train views show nothing: "
            "raise cache-teachers.scale_views."
        )
    return float(np.sqrt(total / count))

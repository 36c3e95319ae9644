"""Rows of a descriptor tensor, wherever it lies."""

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor


def rows_of(features: Float[Tensor, "n c"], rows: Int64[np.ndarray, " r"]) -> Float[Tensor, "r c"]:
    """The rows, on the features' own device; all of them in order are not copied."""
    if len(rows) == len(features) and np.array_equal(rows, np.arange(len(rows))):
        return features
    return features[torch.from_numpy(rows).to(features.device)]

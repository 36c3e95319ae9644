"""Check annotated point clouds, whatever their file."""

from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Float64, Int64

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import PartPoints


def labelled_points(
    xyz: Float64[np.ndarray, "n 3"], label: Int64[np.ndarray, " m"], lowest: int, highest: int, file: PurePosixPath
) -> PartPoints:
    """Check and join points and labels; `file` is the one that holds the labels.

    Raises DatasetError if there are no points, not one label a point, or a label outside `lowest`..`highest`.
    """
    if len(label) != len(xyz):
        raise DatasetError(file, "label", f"there are {len(label)} labels for {len(xyz)} points")
    if not len(xyz):
        raise DatasetError(file, "label", "there are no points")
    if label.min() < lowest or label.max() > highest:
        raise DatasetError(file, "label", f"{label.min()}..{label.max()} is not within {lowest}..{highest}")
    return PartPoints(xyz, label.astype(np.uint8))

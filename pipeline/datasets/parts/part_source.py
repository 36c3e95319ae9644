"""The interface of data sets of part points, and the check that all of them share.

tests/datasets/parts/test_part_sources.py holds all of them to the interface.
"""

from pathlib import PurePosixPath
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float64, Int64

from pipeline.datasets.alignment import PlacedMesh
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import ObjectKey, PartPoints


@runtime_checkable  # the tests check types at run time
class PartSource(Protocol):
    """The part annotation of one category."""

    @property
    def dataset(self) -> str:
        """Its name in manifests: `shapenet-part` or `partnet`, whatever the release."""

    @property
    def part_names(self) -> tuple[str, ...]:
        """Names in the order of the labels, which start at 1; 0 is unlabelled."""

    def read(self, key: ObjectKey) -> PartPoints | None:
        """Read an object's annotated points in the data set's own frame; None if it has none. Raises DatasetError."""

    def world_from_source(self, key: ObjectKey, parts: PartPoints, mesh: PlacedMesh) -> Float64[np.ndarray, "4 4"]:
        """The map of `read`'s points into the world. Raises DatasetError where the annotation has no extent."""


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

"""The interface of data sets of part points. tests/datasets/parts/test_part_sources.py holds all of them to it."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.alignment import PlacedMesh
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

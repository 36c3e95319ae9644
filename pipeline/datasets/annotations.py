"""A category's annotations, whichever data sets they come from, and their maps into the world."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.alignment import PlacedMesh, world_from_keypointnet
from pipeline.datasets.categories import Category
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.keypointnet import CategoryKeypoints, read_keypoints, with_candidates
from pipeline.datasets.parts.part_source import PartSource
from pipeline.datasets.parts.releases import open_partnet, open_shapenet_part
from pipeline.datasets.records import Keypoints, ObjectKey, PartPoints


@runtime_checkable  # the tests check types at run time
class AnnotationRoots(Protocol):
    """The folders of the data sets; None: there is no such annotation."""

    @property
    def keypointnet(self) -> Path | None:
        """KeypointNet's, which holds annotations/."""

    @property
    def shapenet_part(self) -> Path | None:
        """ShapeNet part's, which holds the synset folders."""

    @property
    def partnet(self) -> Path | None:
        """PartNet's, which holds data_v0/ or sem_seg_h5/."""


@dataclass(frozen=True)
class Annotations:
    """The opened data sets of a category. A data set without a root annotates nothing."""

    category: Category
    keypoints_root: Path | None
    keypoints: CategoryKeypoints | None
    parts: PartSource | None

    @property
    def part_names(self) -> tuple[str, ...]:
        """Names of the parts in the order of the labels, which start at 1; empty if no data set annotates parts."""
        return self.parts.part_names if self.parts else ()

    @property
    def parts_dataset(self) -> str | None:
        """The name of the data set of parts, `shapenet-part` or `partnet`."""
        return self.parts.dataset if self.parts else None

    def read_keypoints(self, key: ObjectKey) -> Keypoints | None:
        """Read an object's keypoints with their candidates, in the data set's frame; None if it has none.

        Raises DatasetError for an entry that was refused, with the reason.
        """
        if self.keypoints is None or self.keypoints_root is None or key.synset != self.category.synset:
            return None
        refused = self.keypoints.rejected.get(key.id)
        if refused is not None:
            raise DatasetError(refused.file, refused.field, refused.reason)
        keypoints = self.keypoints.keypoints.get(key.id)
        return None if keypoints is None else with_candidates(self.keypoints_root, key, keypoints)

    def world_from_keypoints(self, mesh: PlacedMesh) -> Float64[np.ndarray, "4 4"]:
        """The map into the world for what `read_keypoints` returns."""
        return world_from_keypointnet(mesh)

    def read_parts(self, key: ObjectKey) -> PartPoints | None:
        """Read an object's annotated points, in the data set's frame; None if it has none. Raises DatasetError."""
        return self.parts.read(key) if self.parts else None

    def world_from_parts(self, key: ObjectKey, parts: PartPoints, mesh: PlacedMesh) -> Float64[np.ndarray, "4 4"]:
        """The map into the world for what `read_parts` returns.

        Raises DatasetError where the annotation's own geometry is unusable.
        """
        if self.parts is None:
            raise DatasetError(PurePosixPath(self.category.synset), "parts", "no data set annotates them")
        return self.parts.world_from_source(key, parts, mesh)


def open_annotations(roots: AnnotationRoots, category: Category) -> Annotations:
    """Open the data sets that annotate a category. Raises UserError for a root without the data set's files."""
    keypoints = None if roots.keypointnet is None else read_keypoints(roots.keypointnet, category)
    return Annotations(category, roots.keypointnet, keypoints, open_parts(roots, category))


def open_parts(roots: AnnotationRoots, category: Category) -> PartSource | None:
    """Open the data set of a category's parts: PartNet if it has the category and a root, else ShapeNet part.

    None where neither has both. Raises UserError for a root without the data set's files.
    """
    if category.partnet is not None and roots.partnet is not None:
        return open_partnet(roots.partnet, category)
    if category.shapenet_part is not None and roots.shapenet_part is not None:
        return open_shapenet_part(roots.shapenet_part, category)
    return None

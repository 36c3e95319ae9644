"""A category's annotations, whichever data sets they come from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from pipeline.datasets.categories import Category
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
    """The opened data sets of a category; None where nothing annotates keypoints, or parts."""

    roots: AnnotationRoots
    category: Category
    keypoints: CategoryKeypoints | None
    parts: PartSource | None

    def read_keypoints(self, key: ObjectKey) -> Keypoints | None:
        """Read an object's keypoints with their candidates, in the data set's frame; None if it has none.

        Raises DatasetError for an entry that was refused, with the reason.
        """
        if self.keypoints is None or self.roots.keypointnet is None or key.synset != self.category.synset:
            return None
        if key.id in self.keypoints.rejected:
            raise self.keypoints.rejected[key.id].with_traceback(None)
        keypoints = self.keypoints.keypoints.get(key.id)
        return None if keypoints is None else with_candidates(self.roots.keypointnet, key, keypoints)

    def read_parts(self, key: ObjectKey) -> PartPoints | None:
        """Read an object's annotated points, in the data set's frame; None if it has none. Raises DatasetError."""
        return None if self.parts is None else self.parts.read(key)


def open_annotations(roots: AnnotationRoots, category: Category) -> Annotations:
    """Open the data sets that annotate a category. Raises UserError for a root without the data set's files."""
    keypoints = None if roots.keypointnet is None else read_keypoints(roots.keypointnet, category)
    return Annotations(roots, category, keypoints, open_parts(roots, category))


def open_parts(roots: AnnotationRoots, category: Category) -> PartSource | None:
    """Open the data set of a category's parts: PartNet if it has the category and a root, else ShapeNet part.

    None where neither has both. Raises UserError for a root without the data set's files.
    """
    if category.partnet is not None and roots.partnet is not None:
        return open_partnet(roots.partnet, category)
    if category.shapenet_part is not None and roots.shapenet_part is not None:
        return open_shapenet_part(roots.shapenet_part, category)
    return None

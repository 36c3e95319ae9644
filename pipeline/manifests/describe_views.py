"""Describe one object of a collection of views for the manifest: a digest of its files, its labels, its frame."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Int64

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.numpy_files.npz_file import FILE_BYTES
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.text_files import plain_file, reading, unreadable
from pipeline.datasets.views.view_source import GivenLabels, ViewSource
from pipeline.manifests.describe import DescribeTask, arrays_digest
from pipeline.manifests.manifest import Annotation, ManifestObject, Matrix, as_matrix
from pipeline.stores.atomic_files import digest_of, sha256_of


@dataclass(frozen=True)
class ViewDescriber:
    """Makes the function that describes objects; made in each worker process. `count`: how many views are used."""

    source: ViewSource
    dataset: str
    count: int

    def __call__(self) -> Callable[[DescribeTask], ManifestObject]:
        """Return the function; there is nothing to open."""
        return self._describe

    def _describe(self, task: DescribeTask) -> ManifestObject:
        with reading(task.key):
            return self._described(task)

    def _described(self, task: DescribeTask) -> ManifestObject:
        key = task.key
        numbers = chosen_views(self.source, key, self.count)
        # One digest for all files: an object has hundreds, and a manifest is to be read.
        files = {str(key): digest_of([[str(file), self._checksum(file)] for file in self.source.files(key)])}
        matrix, labels = as_matrix(self.source.world_from_source(key)), self.source.labels(key, numbers)
        keypoints, parts = (None, None) if labels is None else self._annotations(labels, matrix)
        return ManifestObject(key.id, task.split, files, matrix, keypoints, parts, ())

    def _checksum(self, file: PurePosixPath) -> str:
        path = plain_file(self.source.root, file, FILE_BYTES)
        try:
            about = path.stat()
            return _checksum_at(path, about.st_mtime_ns, about.st_size)
        except OSError as error:
            raise unreadable(file, error) from None

    def _annotations(self, labels: GivenLabels, matrix: Matrix) -> tuple[Annotation | None, Annotation | None]:
        """Annotations of keypoints and of parts; None where the object has none."""
        keypoints, parts = _keypoint_ids(labels), _part_labels(labels)
        candidates = 0 if labels.keypoints is None else len(labels.keypoints.candidates)
        points = 0 if labels.parts is None else len(labels.parts.xyz)
        digests = given_keypoints_digest(labels), given_parts_digest(labels)
        return (
            Annotation(self.dataset, matrix, digests[0], candidates, keypoints, None) if keypoints else None,
            Annotation(self.dataset, matrix, digests[1], points, parts, None) if parts else None,
        )


@lru_cache(maxsize=4096)  # more than one object has: files that all objects share are read once
def _checksum_at(path: Path, changed: int, size: int) -> str:  # noqa: ARG001 # a changed file has another key
    return sha256_of(path)


def chosen_views(source: ViewSource, key: ObjectKey, count: int) -> Int64[np.ndarray, " count"]:
    """Spread `count` view numbers evenly over an object's views. Raises DatasetError if it has fewer."""
    there = source.count(key)
    if there < count:
        raise DatasetError(PurePosixPath(str(key)), "views", f"are {there}, fewer than camera.views, which is {count}")
    return np.arange(count) * there // count


def given_keypoints_digest(labels: GivenLabels) -> str:
    """A digest of the keypoints as they were read."""
    points = labels.keypoints
    arrays = () if points is None else (points.xyz, points.semantic_id, points.candidates)
    return arrays_digest(labels.keypoint_uv, labels.keypoint_visible, *arrays)


def given_parts_digest(labels: GivenLabels) -> str:
    """A digest of the parts as they were read."""
    return arrays_digest(labels.part, *(() if labels.parts is None else (labels.parts.xyz, labels.parts.label)))


def _keypoint_ids(labels: GivenLabels) -> tuple[int, ...]:
    """The semantic ids that are visible in a view or have a point."""
    ids = set() if labels.keypoints is None else set(labels.keypoints.semantic_id.tolist())
    if labels.keypoint_visible is not None:
        ids |= set(np.flatnonzero(labels.keypoint_visible.any(axis=0)).tolist())
    return tuple(sorted(ids))


def _part_labels(labels: GivenLabels) -> tuple[int, ...]:
    """The labels that occur in a view or among the points."""
    arrays = [labels.part, None if labels.parts is None else labels.parts.label]
    return tuple(sorted({int(label) for array in arrays if array is not None for label in np.unique(array)} - {0}))

"""Describe one object for the manifest: its files with checksums, its annotations, its maps into the world frame."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import TypeVar

import numpy as np
from jaxtyping import Float64, Int64, Shaped

from pipeline.config.settings import ManifestSettings
from pipeline.datasets.alignment import Matrix, PlacedMesh, place_mesh, transform, world_from_keypointnet
from pipeline.datasets.annotations import Annotations, open_annotations
from pipeline.datasets.categories import Category
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import Keypoints, ObjectKey, PartPoints, Split
from pipeline.datasets.surface_distance import surface_distance
from pipeline.datasets.text_files import reading
from pipeline.manifests.manifest import Annotation, ManifestObject, SurfaceDistance, as_matrix
from pipeline.manifests.sources import Roots
from pipeline.stores.atomic_files import sha256_of
from pipeline.stores.plain_files import POINTER, PointerError

# Part clouds have thousands of points. This many, evenly picked from the file's order, tell a wrong alignment from a
# right one, and cost no more than reading the object does.
MEASURED_POINTS = 64
DECIMALS = 6  # of recorded distances, so that they read and compare well

Record = TypeVar("Record")


@dataclass(frozen=True)
class DescribeTask:
    """An object and the split that it is in."""

    key: ObjectKey
    split: Split


@dataclass(frozen=True)
class Describer:
    """Makes the function that describes objects of one category; made in each worker process."""

    roots: Roots
    category: Category
    settings: ManifestSettings

    def __call__(self) -> Callable[[DescribeTask], ManifestObject]:
        """Open the annotations once."""
        return partial(self._describe, annotations=open_annotations(self.roots, self.category))

    def _describe(self, task: DescribeTask, annotations: Annotations) -> ManifestObject:
        with reading(task.key):
            return self._described(task, annotations)

    def _described(self, task: DescribeTask, annotations: Annotations) -> ManifestObject:
        meshes, key, notes = self.roots.meshes, task.key, list[str]()
        read = meshes.read_mesh(key)
        try:
            mesh = place_mesh(read.vertices, read.faces, meshes.axes, self.settings.longest_edge)
        except ValueError as error:
            raise DatasetError(meshes.mesh_path(key), "v", str(error)) from None
        files = {str(file): _checksum(self.roots, file) for file in read.files}
        keypoints = _usable(lambda: self._keypoints(key, annotations, mesh), "keypoints", notes)
        parts = _usable(lambda: self._parts(key, annotations, mesh), "parts", notes)
        return ManifestObject(
            key.id, task.split, files, as_matrix(mesh.world_from_mesh), keypoints, parts, tuple(notes), read.look_notes
        )

    def _keypoints(self, key: ObjectKey, annotations: Annotations, mesh: PlacedMesh) -> Annotation | None:
        keypoints = annotations.read_keypoints(key)
        if keypoints is None:
            return None
        matrix = world_from_keypointnet(mesh)
        distance = annotation_distance(mesh, matrix, keypoints.xyz, self.settings.longest_edge)
        if not distance.largest <= self.settings.keypoint_error:
            raise _misaligned(key, "keypoints", "a keypoint lies", distance.largest, self.settings.keypoint_error)
        labels, points = _labels(keypoints.semantic_id), len(keypoints.candidates)
        return Annotation("keypointnet", as_matrix(matrix), keypoints_digest(keypoints), points, labels, distance)

    def _parts(self, key: ObjectKey, annotations: Annotations, mesh: PlacedMesh) -> Annotation | None:
        source, parts = annotations.parts, annotations.read_parts(key)
        if source is None or parts is None:
            return None
        matrix = source.world_from_source(key, parts, mesh)
        distance = annotation_distance(mesh, matrix, pick_evenly(parts.xyz), self.settings.longest_edge)
        if not distance.mean <= self.settings.part_error:
            raise _misaligned(key, "parts", "the points lie on average", distance.mean, self.settings.part_error)
        labels = _labels(parts.label[parts.label > 0].astype(np.int64))
        return Annotation(source.dataset, as_matrix(matrix), parts_digest(parts), len(parts.xyz), labels, distance)


def annotation_distance(
    mesh: PlacedMesh, matrix: Matrix, points: Float64[np.ndarray, "n 3"], longest_edge: float
) -> SurfaceDistance:
    """Measure how far an annotation's points, mapped by `matrix` into the world, lie off the mesh.

    The result is in units of `longest_edge`.
    """
    vertices = transform(mesh.world_from_mesh, mesh.vertices)
    distance = surface_distance(vertices, mesh.faces, transform(matrix, points)) / longest_edge
    return SurfaceDistance(round(float(distance.mean()), DECIMALS), round(float(distance.max()), DECIMALS))


def pick_evenly(points: Float64[np.ndarray, "n 3"]) -> Float64[np.ndarray, "m 3"]:
    """Pick at most MEASURED_POINTS of a cloud, evenly in its order."""
    picked: Float64[np.ndarray, "m 3"] = points[
        np.linspace(0, len(points) - 1, min(len(points), MEASURED_POINTS)).astype(np.int64)
    ]
    return picked


def _checksum(roots: Roots, file: PurePosixPath) -> str:
    try:
        str(file).encode()
    except UnicodeEncodeError:
        raise DatasetError(file, "file", "has a name that is not UTF-8: rename it") from None
    try:
        return sha256_of(roots.meshes.root / file)
    except PointerError:
        raise DatasetError(file, "file", POINTER) from None
    except OSError as error:
        raise DatasetError(file, "file", f"cannot be read: {error.strerror}") from None


def _misaligned(key: ObjectKey, what: str, subject: str, distance: float, limit: float) -> DatasetError:
    reason = f"{subject} {distance:.3g} longest edges off the surface, more than {limit:g}"
    return DatasetError(PurePosixPath(str(key)), what, reason)


def _labels(labels: Int64[np.ndarray, " n"]) -> tuple[int, ...]:
    return tuple(int(label) for label in np.unique(labels))


def _usable(read: Callable[[], Record | None], what: str, notes: list[str]) -> Record | None:
    """An annotation, or None and a note where it cannot be used: the object can still be rendered and trained on."""
    try:
        return read()
    except (DatasetError, ValueError) as error:
        notes.append(f"{what} not used: {error}")
    except PermissionError as error:
        notes.append(f"{what} not used: cannot be read: {error.strerror}")
    return None


def keypoints_digest(keypoints: Keypoints) -> str:
    """A digest of keypoints and candidates as they were read."""
    return arrays_digest(keypoints.xyz, keypoints.semantic_id, keypoints.candidates)


def parts_digest(parts: PartPoints) -> str:
    """A digest of part points as they were read."""
    return arrays_digest(parts.xyz, parts.label)


def arrays_digest(*arrays: Shaped[np.ndarray, "..."] | None) -> str:
    """A digest of values, types and shapes. An array may be missing."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(str(None if array is None else (array.dtype.str, array.shape)).encode())
        if array is not None:
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()

"""One object as the manifest lists it: its files with checksums, its annotations, its maps into the world frame."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeVar

import numpy as np
from jaxtyping import Float64, Shaped

from pipeline.atomic_files import sha256_of
from pipeline.categories import category_named
from pipeline.datasets.alignment import surface_bounds, world_from_shapenet
from pipeline.datasets.annotations import Annotations, open_annotations
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import Keypoints, Mesh, ObjectKey, PartPoints
from pipeline.datasets.shapenet import mesh_files, read_mesh
from pipeline.manifest import Annotation, KeypointAnnotation, ManifestObject, Split, as_matrix
from pipeline.sources import Roots

Found = TypeVar("Found")


@dataclass(frozen=True)
class DescribeTask:
    """An object and the split that it is in."""

    key: ObjectKey
    split: Split


@dataclass(frozen=True)
class Describer:
    """Makes the function that describes objects of one category; made in each worker process."""

    roots: Roots
    category: str
    longest_edge: float

    def __call__(self) -> Callable[[DescribeTask], ManifestObject]:
        """Open the annotations once."""
        annotations = open_annotations(self.roots, category_named(self.category))
        return lambda task: self._describe(task, annotations)

    def _describe(self, task: DescribeTask, annotations: Annotations) -> ManifestObject:
        roots, key, notes = self.roots, task.key, list[str]()
        mesh = read_mesh(roots.mesh, roots.mesh_format, key)
        world = world_from_shapenet(roots.mesh_format, surface_bounds(mesh), self.longest_edge)
        return ManifestObject(
            id=key.id,
            split=task.split,
            files={str(f): sha256_of(roots.mesh / f) for f in mesh_files(roots.mesh, roots.mesh_format, key)},
            world_from_source=as_matrix(world),
            keypoints=_usable(lambda: self._keypoints(key, annotations, mesh, world), "keypoints", notes),
            parts=_usable(lambda: self._parts(key, annotations, mesh, world), "parts", notes),
            notes=tuple(notes),
        )

    def _keypoints(
        self, key: ObjectKey, annotations: Annotations, mesh: Mesh, world: Float64[np.ndarray, "4 4"]
    ) -> KeypointAnnotation | None:
        if key.id in annotations.rejected_keypoints:
            raise DatasetError(PurePosixPath(str(key)), "keypoints", annotations.rejected_keypoints[key.id])
        held = annotations.keypoints(key)
        if held is None:
            return None
        matrix = annotations.world_from_keypoints(self.roots.mesh_format, mesh, world)
        return KeypointAnnotation(
            dataset="keypointnet",
            world_from_source=as_matrix(matrix),
            sha256=keypoints_digest(held),
            points=len(held.candidates),
            slots=int(held.semantic_id.max()) + 1,
        )

    def _parts(
        self, key: ObjectKey, annotations: Annotations, mesh: Mesh, world: Float64[np.ndarray, "4 4"]
    ) -> Annotation | None:
        held = annotations.parts(key)
        if held is None:
            return None
        matrix = annotations.world_from_parts(self.roots.mesh_format, key, mesh, world)
        return Annotation(
            dataset=category_named(self.category).parts_from,
            world_from_source=as_matrix(matrix),
            sha256=parts_digest(held),
            points=len(held.xyz),
        )


def _usable(read: Callable[[], Found | None], what: str, notes: list[str]) -> Found | None:
    """An annotation, or None and a note where it cannot be used: the object can still be rendered and trained on."""
    try:
        return read()
    except (DatasetError, ValueError) as error:
        notes.append(f"{what} not used: {error}")
        return None


def keypoints_digest(held: Keypoints) -> str:
    """A digest of keypoints and candidates as they were read."""
    return _digest(held.xyz, held.semantic_id, held.candidates)


def parts_digest(held: PartPoints) -> str:
    """A digest of part points as they were read."""
    return _digest(held.xyz, held.label)


def _digest(*arrays: Shaped[np.ndarray, "..."]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(str((array.dtype.str, array.shape)).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()

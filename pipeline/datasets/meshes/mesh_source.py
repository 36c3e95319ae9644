"""The interface of collections of meshes. tests/datasets/meshes/test_mesh_sources.py holds all of them to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float64, Int32

from pipeline.datasets.axes import Axes
from pipeline.datasets.meshes.look_notes import LookNote
from pipeline.datasets.records import Mesh, ObjectKey


@dataclass(frozen=True)
class Geometry:
    """A mesh without its materials: what a manifest needs, read without decoding a picture.

    `files` are all files that `read_mesh` may read, relative to the collection's root: the mesh, then mtl files, then
    textures. `look_notes` say what can be told of the looks without decoding a picture.
    """

    vertices: Float64[np.ndarray, "v 3"]
    faces: Int32[np.ndarray, "f 3"]
    files: tuple[PurePosixPath, ...]
    look_notes: tuple[LookNote, ...]


@dataclass(frozen=True)
class Listing:
    """The sorted `ids` of the objects that have a mesh file, and the reason for each name that was passed over."""

    ids: list[str]
    passed_over: Mapping[str, str]


@runtime_checkable  # the tests check types at run time
class MeshSource(Protocol):
    """A collection of meshes below a root. Instances are small and can be pickled.

    Every method that takes a key raises DatasetError for a synset or id that is no plain name.
    """

    @property
    def root(self) -> Path:
        """The folder that paths are relative to."""

    @property
    def axes(self) -> Axes:
        """The frame of all its meshes."""

    def listing(self, synset: str) -> Listing:
        """List the category's folder. Raises UserError if there is none."""

    def mesh_path(self, key: ObjectKey) -> PurePosixPath:
        """The mesh file, relative to the root. Raises DatasetError if the collection does not say which it is."""

    def read_geometry(self, key: ObjectKey) -> Geometry:
        """Read vertices and faces as `read_mesh` does, and name the files. Raises DatasetError as `read_mesh` does."""

    def read_mesh(self, key: ObjectKey) -> Mesh:
        """Read the mesh in the file's own frame, with materials and textures.

        Faces are grey where a texture is missing, cannot be decoded or lies outside the object's own folder. Raises
        DatasetError for a mesh that is missing, empty, flat in all directions, not finite or wrongly indexed.
        """

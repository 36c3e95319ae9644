"""The interface of collections of meshes. tests/datasets/meshes/test_mesh_sources.py holds all of them to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol, runtime_checkable

from pipeline.datasets.axes import Axes
from pipeline.datasets.printable import printable
from pipeline.datasets.records import Mesh, ObjectKey


@dataclass(frozen=True)
class Listing:
    """The sorted `ids` of the objects that have a mesh file, and the reason for each name that was passed over."""

    ids: list[str]
    passed_over: Mapping[str, str]

    def __post_init__(self) -> None:
        """Escape what does not print: names come from the disk."""
        object.__setattr__(self, "passed_over", {printable(name): text for name, text in self.passed_over.items()})


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

    def read_mesh(self, key: ObjectKey) -> Mesh:
        """Read the mesh in the file's own frame, with materials and textures.

        Faces are grey where a look is lost; `look_notes` say how many, and why. `files` are all that were read: the
        mesh, then its mtl files, then textures. Raises DatasetError for a mesh that is
        missing, empty, flat in all directions, not finite or wrongly indexed.
        """

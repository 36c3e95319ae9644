"""Folders of objects in a collection of views: one for each object below its category's."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath

from pipeline.datasets.categories import folder_names
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import object_folder
from pipeline.datasets.meshes.folder_listing import PassedOverError, is_folder, list_folder
from pipeline.datasets.meshes.mesh_source import Listing
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError


def list_objects(root: Path, synset: str, fault_of: Callable[[Path], str | None]) -> Listing:
    """List the folders of a category's objects. `fault_of` says what is missing in one that is none.

    Raises UserError if the category has no folder.
    """
    folder = _category_folder(root, synset)
    if folder is None:
        names = " or ".join(map(str, category_folders(synset)))
        raise UserError(
            f"source.views_root: {root} has no folder {names}: name the folder that holds the categories' folders."
        )

    def identify(child: Path) -> str | None:
        if not is_folder(child):
            return None
        fault = fault_of(child)
        if fault is not None:
            raise PassedOverError(fault)
        return child.name

    return list_folder(root / folder, identify)


def folder_of(root: Path, key: ObjectKey) -> PurePosixPath:
    """The object's folder, relative to the root. Raises DatasetError if it is missing."""
    checked = object_folder(key)  # refuses a synset or id that is no plain name
    folder = (_category_folder(root, key.synset) or checked.parent) / key.id
    if not (root / folder).is_dir():
        raise DatasetError(folder, "folder", "is missing")
    return folder


def category_folders(synset: str) -> tuple[PurePosixPath, ...]:
    """The folders that a category may have. Raises DatasetError for a synset that is no plain name."""
    return tuple(map(PurePosixPath, folder_names(synset)))


def _category_folder(root: Path, synset: str) -> PurePosixPath | None:
    return next((folder for folder in category_folders(synset) if (root / folder).is_dir()), None)

"""The stores of the project in the current folder: rendered views and teacher maps as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8

from featurenerf.editing.part_points import PartPoints
from pipeline.artifacts.map_values import read_maps
from pipeline.artifacts.opened_store import OpenedStore
from pipeline.artifacts.project import Project
from pipeline.config.settings import PARAMS_FILE, Camera, load_settings
from pipeline.datasets.records import SPLITS, ObjectKey, Split
from pipeline.errors import UserError, close_names
from pipeline.manifests.manifest import Manifest


@dataclass(frozen=True)
class _CategoryStore:
    """A store of a category. `splits` maps each stored object's id, in the manifest's order, to its split."""

    category: str
    splits: Mapping[str, Split]
    keys: Mapping[str, ObjectKey]
    opened: OpenedStore

    @property
    def arrays(self) -> Path:
        """The store's Zarr group, for `xarray.open_zarr(..., consolidated=False)`; docs/exports.md says more."""
        return self.opened.store.arrays

    @property
    def ids(self) -> list[str]:
        """The ids of the stored objects."""
        return list(self.splits)

    def of_split(self, split: str) -> list[str]:
        """The ids of the objects of one split: `train`, `val` or `test`. Raises UserError for another name."""
        if split not in SPLITS:
            raise UserError(f"'{split}' is no split; the splits are {', '.join(SPLITS)}.")
        return [name for name, of_object in self.splits.items() if of_object == split]

    def _key(self, object_id: str) -> ObjectKey:
        if object_id not in self.keys:
            raise UserError(f"'{object_id}' is no stored object of {self.category}{close_names(object_id, self.keys)}.")
        return self.keys[object_id]


@dataclass(frozen=True)
class CategoryViews(_CategoryStore):
    """The rendered views of a category. `open_views` opens them."""

    camera: Camera

    def rgba(self, object_id: str) -> UInt8[np.ndarray, "views size size 4"]:
        """Read an object's images: sRGB with straight alpha. Raises UserError if there is no such object."""
        return self.opened.read("rgba", self._key(object_id))

    def pose(self, object_id: str) -> Float32[np.ndarray, "views 4 4"]:
        """Read an object's poses (camera-to-world, OpenGL axes). Raises UserError if there is no such object."""
        return self.opened.read("pose", self._key(object_id))

    def intrinsics(self, object_id: str) -> Float32[np.ndarray, "views 4"]:
        """Read an object's intrinsics: (fx, fy, cx, cy) in continuous pixels. Raises UserError if there is none."""
        return self.opened.read("intrinsics", self._key(object_id))

    def depth(self, object_id: str) -> Float32[np.ndarray, "views size size"]:
        """Read an object's depth along the optical axis in world units, 0 on the background.

        Raises UserError, also where views were made elsewhere and have no depth.
        """
        if "depth" not in self.opened.store.specs:
            raise UserError(f"the views of {self.opened.store.category} have no depth: they were made elsewhere.")
        return self.opened.read("depth", self._key(object_id))


@dataclass(frozen=True)
class CategoryMaps(_CategoryStore):
    """The maps of a teacher for the views of a category. `open_maps` opens them."""

    teacher: str

    def feature(self, object_id: str) -> Float32[np.ndarray, "views cells cells channels"]:
        """Read an object's maps, a feature for each cell of 4 x 4 pixels. Raises UserError if there is none."""
        row = self.opened.rows[self._key(object_id)].row
        return read_maps(self.opened.store, row).astype(np.float32)


@dataclass(frozen=True)
class CategoryLabels(_CategoryStore):
    """The part labels of a category. `open_labels` opens them.

    Label 0 is unlabelled, label k is `part_names[k - 1]`.
    """

    part_names: tuple[str, ...]

    def part(self, object_id: str) -> UInt8[np.ndarray, "views size size"]:
        """Read the label of each pixel of an object's views. Raises UserError if there is no such object."""
        return self.opened.read("part", self._key(object_id))

    def part_points(self, object_id: str) -> PartPoints:
        """Read the labelled points of an object's surface. Raises UserError if there is no such object."""
        key = self._key(object_id)
        count = int(self.opened.read("part_count", key))
        return PartPoints(*(self.opened.read(name, key)[:count] for name in ("part_xyz", "part_label")))


def read_view(
    views: CategoryViews, object_id: str, view: int
) -> tuple[UInt8[np.ndarray, "size size 4"], Float32[np.ndarray, "4 4"], Float32[np.ndarray, "4"]]:
    """Read the image, the pose and the intrinsics of one view. Raises UserError if there is no such object or view."""
    rgba = views.rgba(object_id)
    if not 0 <= view < len(rgba):
        raise UserError(f"{object_id} has no view {view}: its views count from 0 to {len(rgba) - 1}.")
    return rgba[view], views.pose(object_id)[view], views.intrinsics(object_id)[view]


def open_views(category: str) -> CategoryViews:
    """Open the rendered views of a category of the project in the current folder, the one with params.yaml.

    Raises UserError if there is no project here, or with the command to run if they are not rendered.
    """
    project, manifest = _project(category)
    opened = project.views(manifest.category)
    return CategoryViews(manifest.category, *_objects(manifest, opened), opened, project.settings.camera)


def open_maps(category: str, teacher: str) -> CategoryMaps:
    """Open a teacher's maps of a category of the project in the current folder, the one with params.yaml.

    Raises UserError if there is no project here, or with the command to run if they are not cached.
    """
    project, manifest = _project(category, teacher)
    opened = project.stored_views(manifest.category, teacher).maps
    return CategoryMaps(manifest.category, *_objects(manifest, opened), opened, teacher)


def open_labels(category: str) -> CategoryLabels:
    """Open the part labels of a category of the project in the current folder, the one with params.yaml.

    Raises UserError if there is no project here, or with the command to run if nothing is labelled.
    """
    project, manifest = _project(category)
    opened = project.labels(manifest)
    return CategoryLabels(manifest.category, *_objects(manifest, opened), opened, manifest.part_names)


def _project(category: str, teacher: str | None = None) -> tuple[Project, Manifest]:
    if not PARAMS_FILE.is_file():
        raise UserError(f"there is no {PARAMS_FILE} in the current folder: change to the folder of a project first.")
    project = Project(load_settings().only(category, teacher))
    return project, project.manifest(project.settings.categories[0])


def _objects(manifest: Manifest, opened: OpenedStore) -> tuple[dict[str, Split], dict[str, ObjectKey]]:
    """The split and the key of each stored object."""
    stored = [item for item in manifest.objects if manifest.key(item.id) in opened.rows]
    return {item.id: item.split for item in stored}, {item.id: manifest.key(item.id) for item in stored}

"""The objects of a category as the project's stores hold them, ready to be exported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.artifacts.map_values import read_maps
from pipeline.artifacts.opened_store import OpenedStore
from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import receipt_path
from pipeline.datasets.licences import licence_of
from pipeline.datasets.records import ObjectKey, Split
from pipeline.errors import UserError
from pipeline.exchange.exported_object import ExportedObject
from pipeline.manifests.manifest import Manifest

PADDED = {"part_xyz": "part_count", "part_label": "part_count", "candidate_xyz": "candidate_count"}


@dataclass(frozen=True)
class StoredObjects:
    """The views of a category, with its labels and the maps of one teacher where they are wanted and there."""

    manifest: Manifest
    licence: str
    views: OpenedStore
    labels: OpenedStore | None
    maps: OpenedStore | None

    def keys(self, split: Split | None, limit: int | None) -> dict[ObjectKey, Split]:
        """List the stored objects, of one split or of all, in the manifest's order, each with its split.

        Raises UserError if there are none.
        """
        stored = self.views.rows.keys() if self.maps is None else self.views.rows.keys() & self.maps.rows.keys()
        splits = {self.manifest.key(item.id): item.split for item in self.manifest.objects}
        keys = [key for key, of_object in splits.items() if key in stored and split in (None, of_object)][:limit]
        if not keys:
            of_split = f"the {split} split of " if split else ""
            raise UserError(f"{of_split}{self.manifest.category} holds no stored object: name another --split.")
        return {key: splits[key] for key in keys}

    def contents(self, key: ObjectKey) -> list[str | None]:
        """Return the digests of what the stores hold of an object: its views, labels and maps."""
        stores: Sequence[OpenedStore | None] = (self.views, self.labels, self.maps)
        return [store.rows[key].content if store is not None and key in store.rows else None for store in stores]

    def read(self, key: ObjectKey, split: str) -> ExportedObject:
        """Read everything of an object. Raises UserError if it is damaged."""
        maps, views = self.maps, self.views
        return ExportedObject(
            key=key,
            category=self.manifest.category,
            split=split,
            licence=self.licence,
            part_names=self.manifest.part_names,
            rgba=views.read("rgba", key),
            pose=views.read("pose", key),
            intrinsics=views.read("intrinsics", key),
            depth=views.read("depth", key) if "depth" in views.store.specs else None,
            labels={} if self.labels is None or key not in self.labels.rows else labels_of(self.labels, key),
            feature=None if maps is None or key not in maps.rows else read_maps(maps.store, maps.rows[key].row),
        )


def labels_of(store: OpenedStore, key: ObjectKey) -> dict[str, np.ndarray]:
    """Read an object's labels without the padding of points."""
    labels: dict[str, Any] = {name: store.read(name, key) for name in store.store.specs}
    cut = {name: labels[name][: int(labels[count])] for name, count in PADDED.items()}
    return {name: value for name, value in (labels | cut).items() if name not in PADDED.values()}


def open_stored_objects(project: Project, category: str, teacher: str | None, labelled: bool) -> StoredObjects:
    """Open the stores of a category; labels if the format takes them and the label stage has run.

    Raises UserError with the command to run if something is missing.
    """
    manifest, views = project.manifest(category), project.views(category)
    has_labels = labelled and receipt_path("label", category).is_file()
    return StoredObjects(
        manifest,
        licence_of(project.settings.source),
        views,
        project.labels(manifest) if has_labels else None,
        None if teacher is None else project.stored_views(category, teacher).maps,
    )

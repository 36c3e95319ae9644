"""The objects that can be chosen in the viewer, by name; each is prepared when it is first chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from featurenerf.field import Field
from featurenerf.viewer.photos import PhotoFile, given_photo
from featurenerf.viewer.stored_objects import StoredObjects
from featurenerf.viewer.viewed_object import ViewedObject, view_object
from pipeline.errors import UserError
from train.objects.recently_used import RecentlyUsed

# Each takes tens of MB with published sizes.
OBJECTS_KEPT = 12
Prepare: TypeAlias = Callable[[], ViewedObject]


class Gallery:
    """Objects by name, in the order of the lists. The last ones that were prepared are kept."""

    def __init__(self, prepare: Mapping[str, Prepare]) -> None:
        """Prepare nothing yet. Raises UserError if there is no object."""
        if not prepare:
            raise UserError("there is no object to show: give photos, or another --split.")
        self._prepare = dict(prepare)
        self._kept: RecentlyUsed[str, ViewedObject] = RecentlyUsed(OBJECTS_KEPT)

    @property
    def names(self) -> list[str]:
        """The names of all objects."""
        return list(self._prepare)

    def prepared(self, name: str) -> bool:
        """Tell whether an object is at once there."""
        return name in self._kept

    def get(self, name: str) -> ViewedObject:
        """Return an object; the first time this takes seconds. Raises UserError if there is no such object."""
        if name not in self._prepare:
            raise UserError(f"there is no object '{name}': the lists in the viewer name all.")
        viewed = self._kept.get(name)
        if viewed is None:
            viewed = self._prepare[name]()
            self._kept.put(name, viewed)
        return viewed


def stored_choices(field: Field, stored: StoredObjects, ids: Sequence[str], view: int) -> dict[str, Prepare]:
    """Offer stored objects, each seen in one of its views."""

    def prepare(object_id: str) -> Prepare:
        return lambda: view_object(field, stored.given(object_id, view), stored.keypoints_at)

    return {object_id: prepare(object_id) for object_id in ids}


def photo_choices(field: Field, photos: Sequence[PhotoFile]) -> dict[str, Prepare]:
    """Offer photos under their file names; where two are equal, under their paths."""

    def prepare(photo: PhotoFile) -> Prepare:
        return lambda: view_object(field, given_photo(field, photo))

    return {_name(photo.path, photos): prepare(photo) for photo in photos}


def _name(path: Path, photos: Sequence[PhotoFile]) -> str:
    return path.name if [photo.path.name for photo in photos].count(path.name) == 1 else str(path)

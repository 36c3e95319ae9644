"""The objects that can be chosen in the viewer, by name; each is prepared when it is first chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from featurenerf.field import Field
from featurenerf.viewer.given_view import GivenView
from featurenerf.viewer.viewed_object import ViewedObject, view_object
from pipeline.errors import UserError
from train.objects.recently_used import RecentlyUsed

# Each takes tens of MB with published sizes.
OBJECTS_KEPT = 12


class Gallery:
    """Objects by name, in the order of the lists. The last ones that were prepared are kept."""

    def __init__(self, field: Field, given: Mapping[str, Callable[[], GivenView]]) -> None:
        """Prepare nothing yet. Raises UserError if there is no object."""
        if not given:
            raise UserError("there is no object to show: give photos, or another --split.")
        self._field, self._given = field, given
        self._kept: RecentlyUsed[str, ViewedObject] = RecentlyUsed(OBJECTS_KEPT)

    @property
    def names(self) -> list[str]:
        """The names of all objects."""
        return list(self._given)

    def prepared(self, name: str) -> bool:
        """Tell whether an object is at once there."""
        return name in self._kept

    def get(self, name: str) -> ViewedObject:
        """Return an object; the first time this takes seconds. Raises UserError if there is no such object."""
        if name not in self._given:
            raise UserError(f"there is no object '{name}': the lists in the viewer name all.")
        viewed = self._kept.get(name)
        if viewed is None:
            viewed = view_object(self._field, self._given[name]())
            self._kept.put(name, viewed)
        return viewed

"""A rendered view of the project as a user names it, such as chair:madeup-chair-0003:7."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from featurenerf.category_stores import open_labels, open_views, read_view
from featurenerf.editing.labelled_object import LabelledObject
from featurenerf.field import Field
from featurenerf.seen_object import SeenObject
from pipeline.errors import UserError


@dataclass(frozen=True)
class StoredView:
    """One view of an object of a category; views count from 0."""

    category: str
    object_id: str
    view: int


def named_view(text: str) -> StoredView | None:
    """Read CATEGORY:ID or CATEGORY:ID:VIEW; without VIEW it is view 0.

    Returns None for a file that exists or a text of another form. Raises UserError if VIEW is no number of a view.
    """
    form = None if Path(text).exists() else re.fullmatch("([^:]+):([^:]+)(?::([^:]+))?", text)
    if form is None:
        return None
    category, object_id, view = form.groups(default="0")
    if not (view.isascii() and view.isdecimal()):
        raise UserError(f"{text}: its view is '{view}', but views are counted from 0, as in {category}:{object_id}:0.")
    return StoredView(category, object_id, int(view))


def see_view(field: Field, named: StoredView) -> SeenObject:
    """See a view of the project in the current folder. Raises UserError if there is none of that name."""
    rgba, pose, intrinsics = read_view(open_views(named.category), named.object_id, named.view)
    return field.see(rgba, pose=pose, intrinsics=intrinsics)


def with_own_labels(seen: SeenObject, named: StoredView) -> LabelledObject:
    """Add the labels that the project stores of a view's object. Raises UserError if there are none."""
    parts = open_labels(named.category).part_points(named.object_id)
    if not (parts.label > 0).any():
        raise UserError(f"{named.object_id} has no part labels: choose another object of {named.category}.")
    return LabelledObject(seen, parts)


def part_named(category: str, name: str) -> int:
    """Return the label of a part of a category, from 1. Raises UserError if it has no part of that name."""
    names = open_labels(category).part_names
    if name not in names:
        raise UserError(f"{category} has no part '{name}': its parts are {', '.join(names) or 'not labelled'}.")
    return names.index(name) + 1

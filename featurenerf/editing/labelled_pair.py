"""Two objects with part labels: stored with the project, or moved from one to the other by features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from featurenerf.category_stores import open_labels
from featurenerf.editing.labelled_object import LabelledObject, transfer_labels
from featurenerf.editing.stored_view import StoredView, part_named, with_own_labels
from featurenerf.seen_object import SeenObject
from pipeline.errors import UserError

Labels: TypeAlias = Literal["given", "transferred"]


@dataclass(frozen=True)
class NamedObject:
    """An object that a field has seen, and the stored view that shows it; None for a photo."""

    seen: SeenObject
    view: StoredView | None


def label_pair(
    source: NamedObject, target: NamedObject, part: str, labels: Labels | None = None
) -> tuple[LabelledObject, LabelledObject, int]:
    """Label two objects that a field has seen. Returns both, and the label of `part`, a name of the category's parts.

    With `given`, both have the labels that the project stores. With `transferred`, those of one object are moved to the
    other: the source's to the target, or the target's if the source is a photo. The default is `given` if neither is a
    photo. Raises UserError if the labels or the part are not there, or if the views are of two categories.
    """
    view = check_views(source.view, target.view)
    if None in (source.view, target.view) and labels == "given":
        raise UserError("one of SRC and TRG is a photo, which has no part labels: use --labels transferred.")
    label = part_named(view.category, part)
    known = with_own_labels((source if source.view else target).seen, view)
    require_part(known, label, view)
    if source.view is None:
        return transfer_labels(known, source.seen), known, label
    if target.view is None or labels == "transferred":
        return known, transfer_labels(known, target.seen), label
    other = with_own_labels(target.seen, target.view)
    require_part(other, label, target.view)
    return known, other, label


def check_views(source: StoredView | None, target: StoredView | None) -> StoredView:
    """Return the view whose object has labels, the source's if both have. Raises UserError if the views do not fit."""
    view = source or target
    if view is None:
        raise UserError("SRC and TRG are both photos, which have no part labels: name one as CATEGORY:ID:VIEW.")
    if {named.category for named in (source, target) if named is not None} != {view.category}:
        raise UserError("SRC and TRG are of different categories: name two views of the category of the field.")
    return view


def require_part(labelled: LabelledObject, label: int, view: StoredView) -> None:
    """Raise UserError, with the names of the object's parts, if it does not have this part."""
    own = np.unique(labelled.parts.label)
    if label not in own:
        names = open_labels(view.category).part_names
        parts = ", ".join(names[number - 1] for number in own if number > 0)
        raise UserError(f"{view.object_id} has no {names[label - 1]}: its parts are {parts}.")

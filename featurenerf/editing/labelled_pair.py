"""Two objects with part labels: stored with the project, or moved from one to the other by features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

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


@dataclass(frozen=True)
class LabelledPair:
    """Two labelled objects, and the label of the part that was asked for."""

    source: LabelledObject
    target: LabelledObject
    part: int


def label_pair(source: NamedObject, target: NamedObject, part: str, labels: Labels | None = None) -> LabelledPair:
    """Label two objects that a field has seen. `part` is a name of the category's parts.

    With `given`, both have the labels that the project stores. With `transferred`, those of one object are moved to the
    other: the source's to the target, or the target's if the source is a photo. The default is `given` if neither is a
    photo. Raises UserError if the labels or the part are not there, or if the views are of two categories.
    """
    view, photos = source.view or target.view, [source.view, target.view].count(None)
    if view is None:
        raise UserError("SRC and TRG are both photos, which have no part labels: name one as CATEGORY:ID:VIEW.")
    if photos and labels == "given":
        raise UserError("one of SRC and TRG is a photo, which has no part labels: use --labels transferred.")
    if {named.view.category for named in (source, target) if named.view is not None} != {view.category}:
        raise UserError("SRC and TRG are of different categories: name two views of the category of the field.")
    label = part_named(view.category, part)
    known = with_own_labels((source if source.view else target).seen, view)
    if source.view is None:
        return LabelledPair(transfer_labels(known, source.seen), known, label)
    if target.view is None or labels == "transferred":
        return LabelledPair(known, transfer_labels(known, target.seen), label)
    return LabelledPair(known, with_own_labels(target.seen, target.view), label)

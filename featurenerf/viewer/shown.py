"""The content of the viewer for a choice: both objects in colours, the answer to a click, and a sentence on it."""

from __future__ import annotations

from dataclasses import dataclass

from featurenerf.matching import Feature
from featurenerf.viewer.answer import Answer, answer_place
from featurenerf.viewer.colouring import Colouring, Painted, paint_colour, paint_features, paint_heat, paint_parts
from featurenerf.viewer.pair import move_parts, shared_basis
from featurenerf.viewer.place import KeypointPlace, Place, PointPlace
from featurenerf.viewer.viewed_object import ViewedObject

HINT = "Click the left image, one of its keypoints, or the left object in 3D."


@dataclass(frozen=True)
class Choice:
    """The user's choice. `threshold` is the least density of a point, relative to its object's largest, 0..1."""

    source: str
    target: str
    feature: Feature
    colouring: Colouring
    threshold: float
    place: Place | None


@dataclass(frozen=True)
class Shown:
    """Source and target, their colours, and the answer if something was asked."""

    source: ViewedObject
    target: ViewedObject
    painted: tuple[Painted, Painted]
    answer: Answer | None
    note: str


def show(source: ViewedObject, target: ViewedObject, choice: Choice) -> Shown:
    """Answer and paint. Raises UserError if the source has no such place."""
    answer = None
    if choice.place is not None:
        answer = answer_place(source, target, choice.feature, choice.place, choice.threshold)
    painted = paint(source, target, choice, answer)
    return Shown(source, target, painted, answer, note_on(choice.place, answer))


def paint(source: ViewedObject, target: ViewedObject, choice: Choice, answer: Answer | None) -> tuple[Painted, Painted]:
    """Colour both objects as chosen. Similarity shows their own colours until something is asked."""
    kind = choice.feature
    if choice.colouring == "features":
        basis = shared_basis(source, target, kind, choice.threshold)
        return paint_features(source, kind, basis), paint_features(target, kind, basis)
    if choice.colouring == "parts":
        moved = move_parts(source, target, kind)
        own = source.part[tuple(source.searched.T)]
        return paint_parts(source, own, source.cloud_part), paint_parts(target, moved.pixels, moved.points)
    if choice.colouring == "similarity" and answer is not None:
        return paint_heat(source, answer.source), paint_heat(target, answer.target)
    return paint_colour(source), paint_colour(target)


def note_on(place: Place | None, answer: Answer | None) -> str:
    """Say what was asked and found in one line."""
    if place is None or answer is None:
        return HINT
    if isinstance(place, PointPlace):
        asked, match = (
            "({:.2f}, {:.2f}, {:.2f})".format(*(float(value) for value in spot.point))
            for spot in (answer.asked, answer.match)
        )
        return f"point {asked} → {match}, similarity {answer.similarity:.2f}"
    asked, match = (f"row {int(spot.uv[1])}, column {int(spot.uv[0])}" for spot in (answer.asked, answer.match))
    name = f"keypoint {place.number}" if isinstance(place, KeypointPlace) else "pixel"
    away = "" if answer.error is None else f"; its true place (green ring) is {answer.error:.1f} pixels away"
    return f"{name} in {asked} → {match}, similarity {answer.similarity:.2f}{away}"

"""An object with part labels: its own, or those of another object, moved by features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from eval.descriptors.similarity import most_similar
from featurenerf.editing.part_points import PartPoints
from featurenerf.exports.surface_mesh import surface_mesh
from featurenerf.seen_object import SeenObject
from pipeline.errors import UserError

CELLS = 40  # along each side of the grid on which the surface of an object without labels is found


@dataclass(frozen=True)
class LabelledObject:
    """An object that a field has seen, and labelled points of its surface."""

    seen: SeenObject
    parts: PartPoints


def transfer_labels(known: LabelledObject, other: SeenObject) -> LabelledObject:
    """Label the surface of an object by the labels of another one, seen by the same field.

    The surface is the field's own, as `surface_mesh` finds it. Each of its points takes the label of the labelled point
    whose internal feature is most similar. Raises UserError if two fields saw the objects, or if there is no surface.
    """
    require_one_field(known.seen, other)
    points = surface_mesh(other, CELLS).vertices
    labelled = known.parts.label > 0
    index = most_similar(internal(other, points), internal(known.seen, known.parts.points[labelled]))
    return LabelledObject(other, PartPoints(points, known.parts.label[labelled][index.numpy()]))


def internal(seen: SeenObject, points: Float32[np.ndarray, "n 3"]) -> Float32[Tensor, "n width"]:
    """Return the internal features at world points, at least one, in this machine's memory."""
    return torch.from_numpy(seen.at(points).internal)


def require_one_field(a: SeenObject, b: SeenObject) -> None:
    """Raise UserError if two fields saw the objects: their features cannot be compared."""
    if a.renderer.field is not b.renderer.field:
        raise UserError("the objects were seen by different fields, whose features cannot be compared: use one field.")

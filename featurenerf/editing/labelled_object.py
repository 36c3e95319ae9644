"""An object with part labels: its own, or those of another object, moved by features."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from eval.descriptors.similarity import most_similar
from featurenerf.editing.part_points import PartPoints
from featurenerf.exports.surface_mesh import surface_mesh
from featurenerf.seen_object import SeenObject, require_one_field

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
    asked, answers = other.at(points), known.seen.at(known.parts.points[labelled])
    index = most_similar(torch.from_numpy(asked.internal), torch.from_numpy(answers.internal))
    return LabelledObject(other, PartPoints(points, known.parts.label[labelled][index.numpy()]))

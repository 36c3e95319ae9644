"""Move the texture of a part from one object to another (paper, section Applications)."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float32

from eval.descriptors.similarity import most_similar
from featurenerf.editing.blend import Blend
from featurenerf.editing.labelled_object import LabelledObject
from featurenerf.editing.paint import Paint
from featurenerf.editing.painted_object import PaintedObject
from featurenerf.seen_object import SeenObject, require_one_field
from pipeline.errors import UserError

DISTANCE = 0.05  # world units; as label.part_distance


def swap_texture(
    source: LabelledObject,
    target: LabelledObject,
    part: int,
    *,
    distance: float = DISTANCE,
    blend: Blend = "ray",
) -> PaintedObject:
    """Give a part of `target` the colours of the same part of `source`.

    Args:
        source: the object that the colours come from.
        target: the object that is painted; seen by the same field as `source`.
        part: the label of the part.
        distance: a place in space belongs to the part of the nearest labelled point, if that is at most so many world
            units away. Elsewhere no colour changes.
        blend: how a ray takes the new colours: `ray` or `sample`, which `blended` explains.

    Each labelled point of the target's part takes the field's colour at the most similar point of the source's part, by
    the cosine of internal features. Raises UserError if one of the objects has no point of the part, if distance is not
    positive, or if two fields saw the objects.
    """
    require_one_field(source.seen, target.seen)
    if not 0 < distance < np.inf:
        raise UserError(f"distance must be a positive number of world units, not {distance}.")
    for name, labelled in (("source", source), ("target", target)):
        if not (labelled.parts.label == part).any():
            raise UserError(f"the {name} has no point of part {part}: its labels are {_labels(labelled)}.")
    colour = np.zeros((len(target.parts.points), 3), dtype=np.float32)
    colour[target.parts.label == part] = matched_colours(
        source.seen, source.parts.of_part(part), target.seen, target.parts.of_part(part)
    )
    return PaintedObject(target.seen, Paint(target.parts, part, colour, distance), blend)


def matched_colours(
    source: SeenObject,
    source_points: Float32[np.ndarray, "n 3"],
    target: SeenObject,
    target_points: Float32[np.ndarray, "m 3"],
) -> Float32[np.ndarray, "m 3"]:
    """Return for each target point the source's colour at the most similar of the source points."""
    known = source.at(source_points)
    asked = target.at(target_points)
    index = most_similar(torch.from_numpy(asked.internal), torch.from_numpy(known.internal))
    colours: Float32[np.ndarray, "m 3"] = known.rgb[index.numpy()]
    return colours


def _labels(labelled: LabelledObject) -> str:
    return ", ".join(map(str, np.unique(labelled.parts.label[labelled.parts.label > 0]))) or "none"

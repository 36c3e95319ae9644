"""The distilled feature rendered at cells' centres, and summed up against the teacher's."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from eval.descriptors.field_renderer import FieldRenderer
from eval.distillation.cell_sums import CellSums, cell_sums
from eval.distillation.seen_objects import SeenObject
from eval.transfer.pairs import Pair


@dataclass(frozen=True)
class MeasuredView:
    """The sums of one target view: of the field's feature, and of the constant in its place."""

    pair: Pair
    field: CellSums
    constant: CellSums


def measure_views(
    renderer: FieldRenderer, objects: Iterable[SeenObject], constant: Float32[np.ndarray, " c"]
) -> list[MeasuredView]:
    """Render each object's cells from its source view alone, one ray through each cell's centre.

    Views in which no cell shows the object are left out.
    """
    measured = []
    for seen in objects:
        encoded = renderer.encode(seen.source)
        for target in seen.targets:
            if not len(target.centres):
                continue
            pixels = target.centres - np.float32(encoded.first_centre)
            feature = renderer.render(encoded, target.pose, target.intrinsics, pixels).feature.cpu().numpy()
            measured.append(
                MeasuredView(
                    Pair(seen.key, seen.source_view, seen.key, target.view),
                    cell_sums(feature, target.teacher),
                    cell_sums(np.broadcast_to(constant, target.teacher.shape), target.teacher),
                )
            )
    return measured

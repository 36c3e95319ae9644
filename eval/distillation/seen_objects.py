"""The questions of distillation, and their answers: the cells of other views that show an object that is seen once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from eval.descriptors.field_renderer import FieldRenderer
from eval.distillation.cell_sums import CellSums, cell_sums
from eval.synthesis.view_synthesis import SynthesisTask
from eval.transfer.pairs import Pair
from eval.views import PosedImage
from pipeline.artifacts.layouts import CELL
from pipeline.artifacts.map_values import read_maps
from pipeline.artifacts.stored_views import StoredViews
from pipeline.datasets.records import ObjectKey
from render.over_black import over_black
from train.objects.held_out_views import SplitViews

MEAN_VIEWS = 128  # views whose cells the mean feature is taken of: tens of thousands of cells


@dataclass(frozen=True)
class TargetCells:
    """The cells of a view that show the object: their centres, and the teacher's features there.

    Centres are (row, column) in pixels from the image's corner: cell r, 4 pixels wide, is at 4 r + 2.
    """

    view: int
    pose: Float32[np.ndarray, "4 4"]
    intrinsics: Float32[np.ndarray, "4"]
    centres: Float32[np.ndarray, "n 2"]
    teacher: Float32[np.ndarray, "n c"]


@dataclass(frozen=True)
class SeenObject:
    """An object, the view that the field sees, and the cells of other views that it is asked about."""

    key: ObjectKey
    source_view: int
    source: PosedImage
    targets: tuple[TargetCells, ...]


def held_out_tasks(keys: Sequence[ObjectKey], split: SplitViews, target_views: int) -> tuple[SynthesisTask, ...]:
    """For each training object a source view of training, and `target_views` of the views held out, without a draw.

    There are no tasks if no view is held out.
    """
    held = split.held_out
    if not held:
        return ()
    return tuple(
        SynthesisTask(
            key,
            split.training[index % len(split.training)],
            tuple(held[(index + turn) % len(held)] for turn in range(min(target_views, len(held)))),
        )
        for index, key in enumerate(keys)
    )


def spread_keys(keys: Sequence[ObjectKey], count: int) -> list[ObjectKey]:
    """At most `count` of the keys, spread evenly over them."""
    few = min(count, len(keys))
    return [keys[index * len(keys) // few] for index in range(few)]


def target_cells(
    view: int,
    pose: Float32[np.ndarray, "4 4"],
    intrinsics: Float32[np.ndarray, "4"],
    teacher_map: Float[np.ndarray, "cells cells c"],
) -> TargetCells:
    """Select the cells that show the object: those whose feature is not zero in every channel."""
    shown = (teacher_map != 0).any(axis=-1)
    centres = np.argwhere(shown) * CELL + CELL / 2
    return TargetCells(view, pose, intrinsics, centres.astype(np.float32), teacher_map[shown].astype(np.float32))


def read_seen_objects(stored: StoredViews, tasks: Iterable[SynthesisTask]) -> Iterator[SeenObject]:
    """Read the views and maps of each task when it is due. Raises UserError if one is damaged."""
    for task in tasks:
        pose, intrinsics, seen = stored.pose(task.key), stored.intrinsics(task.key), task.source_view
        source = PosedImage(over_black(stored.rgba(task.key)[seen]), pose[seen], intrinsics[seen])
        targets = tuple(
            target_cells(view, pose[view], intrinsics[view], _map(stored, task.key, view)) for view in task.target_views
        )
        yield SeenObject(task.key, task.source_view, source, targets)


def mean_training_feature(
    stored: StoredViews, keys: Sequence[ObjectKey], split: SplitViews, limit: int = MEAN_VIEWS
) -> Float32[np.ndarray, " c"]:
    """The teacher's mean feature on the cells that show training objects, at least one, in their training views.

    It is the baseline that knows nothing of an image. At most `limit` views count, spread evenly over all. Without a
    cell that shows an object it is zero.
    """
    views = len(keys) * len(split.training)
    total, cells = np.zeros(stored.maps.store.specs["feature"].shape[-1]), 0
    for number in sorted({turn * views // limit for turn in range(limit)}):
        index, turn = divmod(number, len(split.training))
        teacher_map = _map(stored, keys[index], split.training[turn])
        shown = (teacher_map != 0).any(axis=-1)
        total += teacher_map[shown].sum(axis=0, dtype=np.float64)
        cells += int(shown.sum())
    return (total / max(cells, 1)).astype(np.float32)


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


def _map(stored: StoredViews, key: ObjectKey, view: int) -> Float[np.ndarray, "cells cells c"]:
    return read_maps(stored.maps.store, stored.maps.rows[key].row, view)

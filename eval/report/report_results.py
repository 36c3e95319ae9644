"""The results that the evaluate stage stored of fields, read and brought side by side as the report shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from eval.descriptors.position import POSITION
from eval.report.contents import Curve, TransferTask
from eval.result_tables import read_pair_table, read_view_table
from eval.statistics.stored_statistics import FieldStatistics, difference_name, read_statistics
from eval.statistics.summary import compare
from eval.synthesis.synthesis_summary import SynthesisDifference, SynthesisSummary, ViewScores, compare_synthesis
from eval.synthesis.view_synthesis import SynthesisResult
from eval.transfer.chance import CHANCE
from eval.transfer.transfer_result import Task, TransferResult
from pipeline.artifacts.receipts import require_unchanged, stage_command
from pipeline.artifacts.results import PAIRS, RESULTS, STATISTICS, VIEWS
from pipeline.artifacts.runs import RunRecord
from pipeline.config.field_name import FieldName
from pipeline.config.names import WHOLE_FIELD
from pipeline.errors import UserError

SOURCE_IMAGE = "source image"
INTERNAL = "internal"
FIELDS_OWN = (INTERNAL, "distilled")  # others are the same whatever the field
CURVE_POINTS = 41  # from 0 to twice the widest threshold


@dataclass(frozen=True)
class EvaluatedField:
    """A field's results, which are of the present settings and data."""

    field: FieldName
    folder: Path
    statistics: FieldStatistics
    results: tuple[TransferResult, ...]
    views: tuple[SynthesisResult, ...]

    def named(self, descriptor: str) -> str:
        """Name one of its descriptors beside those of other fields: `internal, no coordinate loss`."""
        return descriptor if self.field.variant == WHOLE_FIELD else f"{descriptor}, {self.field.title}"


def read_evaluated(
    field: FieldName, run: RunRecord, fingerprint: str, thresholds: Mapping[Task, Sequence[float]]
) -> EvaluatedField:
    """Read the results of a field, which must have this fingerprint and be of the published model of this run.

    PCK is taken at the thresholds of each task. Raises UserError if the evaluate stage has not run for this field, or
    not with these settings, data and model, or if a file of the results has changed since.
    """
    folder = RESULTS / field.instance
    statistics, command = read_statistics(folder, field.instance), stage_command("evaluate", field.instance)
    if statistics.fingerprint != fingerprint:
        raise UserError(f"{folder / STATISTICS} is of other settings or data: run `{command}` first.")
    if statistics.model != run.model_digest:
        raise UserError(f"{folder / STATISTICS} is of a model that was trained again since: run `{command}` first.")
    require_unchanged(folder, statistics.files, "evaluate", field.instance)
    results = read_pair_table(folder / PAIRS, thresholds)
    return EvaluatedField(field, folder, statistics, results, read_view_table(folder / VIEWS))


def transfer_task(thresholds: Sequence[float], task: Task, fields: Sequence[EvaluatedField]) -> TransferTask:
    """Gather a task's rows, differences and curves: the whole field first, then its ablations' own descriptors."""
    whole, *ablations = fields
    teacher_map = f"{whole.field.teacher} map"
    measured = whole.statistics.transfer[task]
    maps = sorted(
        (name for name in measured if name not in (*FIELDS_OWN, POSITION, CHANCE)),
        key=lambda name: (name != teacher_map, name),
    )
    others = [*maps, POSITION]
    rows, results = [], []
    for field in fields:
        own = [name for name in FIELDS_OWN if name in field.statistics.transfer[task]]
        rows += [replace(field.statistics.transfer[task][name], descriptor=field.named(name)) for name in own]
        results += [
            replace(result, descriptor=field.named(result.descriptor))
            for result in field.results
            if result.task == task and result.descriptor in own
        ]
    rows += [measured[name] for name in (*others, CHANCE)]
    results += [r for r in whole.results if r.task == task and r.descriptor in others]
    # First what the paper finds first: internal features against the teacher's own map.
    compared = [*maps, *(name for name in FIELDS_OWN[1:] if name in measured)]
    stored = whole.statistics.differences[task]
    differences = [stored[difference_name(INTERNAL, name)] for name in compared]
    if teacher_map in maps and "distilled" in measured:
        differences.append(compare(results, task, "distilled", teacher_map, thresholds))
    differences += [compare(results, task, INTERNAL, field.named(INTERNAL), thresholds) for field in ablations]
    differences.append(stored[difference_name(INTERNAL, POSITION)])
    curves = [curve for row in rows if (curve := _curve(row.descriptor, thresholds, results)) is not None]
    return TransferTask(task, tuple(rows), tuple(differences), tuple(curves))


def synthesis_rows(fields: Sequence[EvaluatedField]) -> tuple[SynthesisSummary, ...]:
    """Gather the views that each field renders, and the source image in their place."""
    rows = [replace(field.statistics.synthesis["rendered"], way=field.field.title) for field in fields]
    return (*rows, replace(fields[0].statistics.synthesis["source_image"], way=SOURCE_IMAGE))


def synthesis_differences(fields: Sequence[EvaluatedField]) -> tuple[SynthesisDifference, ...]:
    """The whole field less each of its ablations, and less the source image, on the same views."""
    whole, *ablations = fields
    others: list[tuple[str, ViewScores]] = [(field.field.title, _rendered(field)) for field in ablations]
    others.append((SOURCE_IMAGE, {view.pair: view.source_image for view in whole.views}))
    return tuple(compare_synthesis(whole.field.title, _rendered(whole), name, scores) for name, scores in others)


def _curve(descriptor: str, thresholds: Sequence[float], results: Sequence[TransferResult]) -> Curve | None:
    """Mean over pairs of the share of keypoints nearer than each threshold; None without a keypoint."""
    distances = [np.array(r.distances) for r in results if r.descriptor == descriptor and r.distances]
    if not distances:
        return None
    places = np.linspace(0, 2 * max(thresholds), CURVE_POINTS)
    shares = np.mean([(of_pair[:, None] < places).mean(axis=0) for of_pair in distances], axis=0)
    return Curve(descriptor, tuple(zip(places.tolist(), shares.tolist(), strict=True)))


def _rendered(field: EvaluatedField) -> ViewScores:
    return {view.pair: view.rendered for view in field.views}

"""One field's results as the evaluate stage stored them: means, and the results of every pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.statistics.stored_statistics import FieldStatistics, read_statistics
from eval.synthesis.view_synthesis import SynthesisResult
from eval.synthesis.view_table import read_view_table
from eval.transfer.pair_table import read_pair_table
from eval.transfer.transfer_result import Task, TransferResult
from pipeline.artifacts.receipts import require_unchanged, stage_command
from pipeline.artifacts.results import PAIRS, RESULTS, STATISTICS, VIEWS
from pipeline.artifacts.runs import RunRecord
from pipeline.config.field_name import FieldName
from pipeline.config.names import WHOLE_FIELD
from pipeline.errors import UserError


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
    statistics = read_statistics(folder, field.instance)
    if statistics.fingerprint != fingerprint:
        command = stage_command("evaluate", field.instance)
        raise UserError(f"{folder / STATISTICS} is of other settings or data: run `{command}` first.")
    if statistics.model != run.model_digest:
        command = stage_command("evaluate", field.instance)
        raise UserError(f"{folder / STATISTICS} is of a model that was trained again since: run `{command}` first.")
    require_unchanged(folder, statistics.files, "evaluate", field.instance)
    results = read_pair_table(folder / PAIRS, thresholds)
    return EvaluatedField(field, folder, statistics, results, read_view_table(folder / VIEWS))

"""What the evaluate stage left of one field: its means, and the results of every pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eval.evaluation_inputs import EvaluationInputs
from eval.synthesis.view_synthesis import SynthesisResult
from eval.synthesis.view_table import read_view_table
from eval.transfer.field_transfer import thresholds_of
from eval.transfer.pair_table import read_pair_table
from eval.transfer.transfer_result import TASKS, TransferResult
from pipeline.artifacts.receipts import read_json_object, stage_command
from pipeline.artifacts.results import PAIRS, RESULTS, STATISTICS, VIEWS
from pipeline.config.field_name import FieldName
from pipeline.config.settings import Settings
from pipeline.errors import UserError


@dataclass(frozen=True)
class EvaluatedField:
    """A field's folder of results, read and found to be of the present settings and data."""

    field: FieldName
    folder: Path
    statistics: Mapping[str, Any]
    results: tuple[TransferResult, ...]
    views: tuple[SynthesisResult, ...]

    def named(self, descriptor: str) -> str:
        """What one of its descriptors is called beside those of other fields: `internal, no coordinate loss`."""
        return descriptor if self.field.ablation is None else f"{descriptor}, {title_of(self.field)}"

    def renamed(self) -> tuple[TransferResult, ...]:
        """The results under those names."""
        return tuple(replace(result, descriptor=self.named(result.descriptor)) for result in self.results)


def title_of(field: FieldName) -> str:
    """`whole field`, or what it lacks: `no coordinate loss`."""
    return "whole field" if field.ablation is None else field.ablation.replace("-", " ")


def read_evaluated(settings: Settings, inputs: EvaluationInputs, field: FieldName, run: str) -> EvaluatedField:
    """Read the results of a field; `run` is the fingerprint of its run.

    Raises UserError if the evaluate stage has not run for this field, or not with these settings and data.
    """
    folder = RESULTS / field.instance
    path = folder / STATISTICS
    statistics = read_json_object(path, "evaluate", field.instance)
    expected = inputs.results_fingerprint(run, settings.manifest.longest_edge, settings.evaluate, settings.report)
    if statistics.get("fingerprint") != expected:
        command = stage_command("evaluate", field.instance)
        raise UserError(f"{path} is of other settings or data: run `{command}` first.")
    results = read_pair_table(folder / PAIRS, {task: thresholds_of(settings, task) for task in TASKS})
    return EvaluatedField(field, folder, statistics, results, read_view_table(folder / VIEWS))

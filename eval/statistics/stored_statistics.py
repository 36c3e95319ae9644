"""statistics.json, as the evaluate stage writes it and the report reads it back, and metrics.json, its digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ConfigDict

from eval.distillation.distillation_summary import Distillation
from eval.statistics.summary import TransferDifference, TransferSummary, compare, summarise
from eval.synthesis.synthesis_summary import METRICS as MEASURED
from eval.synthesis.synthesis_summary import SynthesisSummary, summarise_synthesis
from eval.synthesis.view_synthesis import WAYS, SynthesisResult
from eval.transfer.chance import CHANCE, mean_chance
from eval.transfer.field_transfer import Measured
from eval.transfer.transfer_result import TASKS, Task, threshold_name
from pipeline.artifacts.receipts import checksums, read_record
from pipeline.artifacts.results import METRICS, RESULT_FILES, STATISTICS
from pipeline.stores.atomic_files import write_json
from pipeline.stores.checked_json import write_checked
from pipeline.stores.typed_json import json_record


@dataclass(frozen=True)
class FieldStatistics:
    """The measurements of one field; `fingerprint` names their settings and data, `model` the model's files.

    `files` are the sha256 of the other files of the results, by their path.

    Summaries stand by task and descriptor, differences by task and a name such as `internal - daisy map`, rendered
    views by the way they were made. `distillation` is empty for a field without feature loss.
    """

    # JSON has no number for what is not finite.
    __pydantic_config__ = ConfigDict(ser_json_inf_nan="strings")

    fingerprint: str
    model: str
    transfer: Mapping[Task, Mapping[str, TransferSummary]]
    differences: Mapping[Task, Mapping[str, TransferDifference]]
    synthesis: Mapping[str, SynthesisSummary]
    distillation: Distillation
    files: Mapping[str, str] = field(default_factory=dict)


def field_statistics(
    fingerprint: str,
    model: str,
    transfer: Measured,
    views: Sequence[SynthesisResult],
    descriptors: Sequence[str],
    thresholds: Mapping[Task, Sequence[float]],
    distillation: Distillation,
) -> FieldStatistics:
    """Summarise what was measured; the first descriptor is compared with each of the others on the same pairs."""
    summaries = {
        task: [
            *(summarise(transfer.results, task, name, thresholds[task]) for name in descriptors),
            mean_chance(transfer.chances[task], task, thresholds[task]),
        ]
        for task in TASKS
    }
    subject, *others = descriptors
    return FieldStatistics(
        fingerprint,
        model,
        transfer={task: {summary.descriptor: summary for summary in summaries[task]} for task in TASKS},
        differences={
            task: {
                difference_name(subject, other): compare(transfer.results, task, subject, other, thresholds[task])
                for other in others
            }
            for task in TASKS
        },
        synthesis={way: summarise_synthesis(way, {view.pair: getattr(view, way) for view in views}) for way in WAYS},
        distillation=distillation,
    )


def difference_name(first: str, second: str) -> str:
    """The name of a difference in statistics.json."""
    return f"{first} - {second}"


def write_statistics(folder: Path, statistics: FieldStatistics) -> None:
    """Write both files; the statistics come last, with the checksums of all other files of the results."""
    write_json(folder / METRICS, json_record(headlines(statistics)))  # null for what is not finite
    files = {name: sha for pattern in RESULT_FILES for name, sha in checksums(folder, pattern).items()}
    write_checked(folder / STATISTICS, json_record(replace(statistics, files=files)))


def read_statistics(folder: Path, instance: str) -> FieldStatistics:
    """Read what was written for the field `instance`. Raises UserError if the file is missing or damaged."""
    return read_record(folder / STATISTICS, "evaluate", instance, FieldStatistics, strict=False)


# Tasks in metrics.json: their names in a table of runs are short.
SHORT_TASKS: Mapping[Task, str] = {
    "2d-cross-instance": "2d-instance",
    "2d-other-camera": "2d-camera",
    "2d-novel-view": "2d-view",
    "3d-cross-instance": "3d-instance",
}


def headlines(statistics: FieldStatistics) -> dict[str, Any]:
    """Select what runs are compared by: few numbers with short names, so that the tables of DVC stay readable.

    These are, for each task and descriptor, the mean PCK at the widest threshold and the mean IoU, and the means of
    the rendered views and of the distilled feature. What was not measured is left out, and so is chance, which no
    field changes. DVC shows numbers in mappings, no lists.
    """
    means: dict[str, Any] = {
        SHORT_TASKS[task]: {
            name.replace(" ", "-"): _means(summary)
            for name, summary in summaries.items()
            if name != CHANCE and _means(summary)
        }
        for task, summaries in statistics.transfer.items()
    }
    rendered = statistics.synthesis["rendered"]
    means["synthesis"] = {metric: value.mean for metric in MEASURED if (value := rendered.of(metric)) is not None}
    distilled = {kind: summary.field for kind, summary in statistics.distillation.items()}
    if distilled:
        means["distillation"] = {
            kind: {"r2": scores.r2.mean, "cosine": scores.cosine.mean} for kind, scores in distilled.items()
        }
    return means


def _means(summary: TransferSummary) -> dict[str, float]:
    means = {}
    if summary.pck is not None:
        threshold = threshold_name(summary.task, summary.thresholds[-1]).replace(" ", "")
        means[f"pck{threshold}"] = summary.pck[-1].mean
    if summary.iou is not None:
        means["iou"] = summary.iou.mean
    return means

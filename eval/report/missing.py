"""Sentences on what is missing: a reader must never take an empty place for a result."""

import math
from collections.abc import Iterator

from eval.report.contents import PictureGroup, Section, Training, TransferTask
from eval.report.numbers import is_number
from eval.report.titles import TASK_TITLES
from eval.statistics.intervals import Interval
from eval.statistics.summary import TransferSummary
from eval.synthesis.synthesis_summary import METRICS
from eval.transfer.chance import CHANCE
from eval.transfer.transfer_result import TASKS, threshold_name

NO_KEYPOINTS = "Not measured: no pair has a keypoint in common."
NO_PARTS = "Not measured: no pair has a part in common."
NO_PAIRS = "Not measured: there is no pair."
NO_TASK = "Not measured: this task was not evaluated."


def task_gaps(section: Section, task: TransferTask | None) -> tuple[str, ...]:
    """Say what a task lacks; one sentence where it covers the others."""
    if task is None:
        return (NO_TASK,)
    if not task.rows:
        return (task.missing or NO_TASK,)
    return tuple(filter(None, _row_gaps(section, task)))


def unmeasured_lines(section: Section) -> tuple[str, ...]:
    """Say in a line for each reason which tasks have no number, and why."""
    reasons: dict[str, list[str]] = {}
    for name in TASKS:
        task = section.task(name)
        if task is None or not has_numbers(task):
            reasons.setdefault(" ".join(task_gaps(section, task)), []).append(TASK_TITLES[name])
    return tuple(f"{'; '.join(titles)}. {reason}" for reason, titles in reasons.items())


def has_numbers(task: TransferTask) -> bool:
    """Tell whether any metric of any descriptor is a finite number; chance alone does not count."""
    return any(_known(value) for row in task.rows if row.descriptor != CHANCE for value in (*(row.pck or ()), row.iou))


def synthesis_gaps(section: Section) -> tuple[str, ...]:
    """Say which views were not rendered or not measured."""
    rows = section.synthesis
    if not has_views(section):
        return ("Not measured: no view was rendered.",)
    lost = []
    for row in rows:
        names = [name for name, value in (("PSNR", row.psnr), ("SSIM", row.ssim)) if not _known(value)]
        if names:
            lost.append(f"Not measured: {', '.join(names)} of {row.way}.")
    without = [row for row in rows if not _known(row.lpips)]
    if len(without) == len(rows):
        lost.append("LPIPS was not measured.")
    else:
        lost += [f"Not measured: LPIPS of {row.way}." for row in without]
    return tuple(lost)


def has_views(section: Section) -> bool:
    """Tell whether any metric of view synthesis is a finite number."""
    return any(_known(row.of(metric)) for row in section.synthesis for metric in METRICS)


def _known(value: Interval | None) -> bool:
    return value is not None and is_number(value.mean)


def training_gaps(training: Training) -> tuple[str, ...]:
    """Sentences on a field that was not trained, on lost curves and on values that are not finite."""
    if training.steps == 0:
        return (f"Untrained: {training.variant} made 0 steps; its numbers are those of the initial weights.",)
    lost = []
    if not any(curve.points for curve in training.curves):
        lost.append(f"No training curve was recorded for {training.variant}.")
    for curve in training.curves:
        bad = sum(not math.isfinite(value) for _, value in curve.points)
        if bad:
            lost.append(f"{bad} of {len(curve.points)} values of {curve.name} ({training.variant}) are not finite.")
    lost += [
        f"The loss term {term.name} of {training.variant} is not finite at {' and '.join(where)}."
        for term in training.losses
        if (where := [n for n, v in (("the beginning", term.first), ("the end", term.last)) if not math.isfinite(v)])
    ]
    return tuple(lost)


def picture_gap(group: PictureGroup) -> str:
    """Say why a group shows nothing; empty if it shows something."""
    return "" if group.pictures else group.missing or f"There is no picture of {group.name}."


def _row_gaps(section: Section, task: TransferTask) -> Iterator[str]:
    if not any(row.pairs for row in task.rows):
        yield task.missing or NO_PAIRS
        return
    if all(row.pck is None and row.iou is None for row in task.rows if row.descriptor != CHANCE):
        pairs = max(row.pairs for row in task.rows)
        yield f"Not measured: none of the {pairs} pairs has a keypoint or a part in common."
        return
    names = [row.descriptor for row in task.rows]
    if section.teacher_map not in names:
        yield (
            f"Not measured: {section.teacher_map} is missing, so the field is not compared with the teacher's own map."
        )
    yield from _metric_gaps(task, "PCK", NO_KEYPOINTS, [_lacks_pck(row) for row in task.rows])
    yield from _metric_gaps(task, "IoU", NO_PARTS, [_lacks_iou(row) for row in task.rows])
    if not task.differences and has_numbers(task):
        yield "Not measured: no two descriptors were compared on the same pairs."
    if not task.curves and any(row.pck for row in task.rows):
        yield "There is no PCK curve."


def _metric_gaps(task: TransferTask, metric: str, none: str, lacks: list[str]) -> Iterator[str]:
    """Say which descriptors lack a metric. Chance may: its closed form does not cover every task."""
    rows = [(row, lack) for row, lack in zip(task.rows, lacks, strict=True) if row.descriptor != CHANCE]
    if rows and all(lack == "none" for _, lack in rows):
        yield none
        return
    for row, lack in rows:
        if lack == "none":
            yield f"Not measured: {metric} of {row.descriptor}."
        elif lack:
            yield f"Not a finite number: {metric} of {row.descriptor}{lack}."


def _lacks_pck(row: TransferSummary) -> str:
    if row.pck is None:
        return "none"
    bad = [at for at, value in zip(row.thresholds, row.pck, strict=True) if not math.isfinite(value.mean)]
    return f" at {', '.join(threshold_name(row.task, at) for at in bad)}" if bad else ""


def _lacks_iou(row: TransferSummary) -> str:
    if row.iou is None:
        return "none"
    return "" if math.isfinite(row.iou.mean) else " over parts"

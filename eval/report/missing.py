"""Sentences on what is missing: a reader must never take an empty place for a result."""

import math

from eval.report.contents import Section, Training, TransferTask
from eval.report.titles import TASK_TITLES
from eval.transfer.chance import CHANCE

NO_KEYPOINTS = "Not measured: no pair has a keypoint in common."
NO_PARTS = "Not measured: no pair has a part in common."
NO_PAIRS = "Not measured: there is no pair."


def task_gaps(task: TransferTask) -> tuple[str, ...]:
    """Say what a task lacks. All descriptors, but chance, are measured on the same pairs: they lack the same."""
    rows = [row for row in task.rows if row.descriptor != CHANCE]
    pairs = max((row.pairs for row in rows), default=0)
    if not pairs:
        return (NO_PAIRS,)
    if not has_numbers(task):
        return (f"Not measured: none of the {pairs} pairs has a keypoint or a part in common.",)
    without_keypoints, without_parts = all(row.pck is None for row in rows), all(row.iou is None for row in rows)
    return (*([NO_KEYPOINTS] if without_keypoints else []), *([NO_PARTS] if without_parts else []))


def unmeasured_lines(section: Section) -> tuple[str, ...]:
    """Say in a line for each reason which tasks have no number, and why."""
    reasons: dict[str, list[str]] = {}
    for task in section.tasks:
        if not has_numbers(task):
            reasons.setdefault(" ".join(task_gaps(task)), []).append(TASK_TITLES[task.name])
    return tuple(f"{'; '.join(titles)}. {reason}" for reason, titles in reasons.items())


def has_numbers(task: TransferTask) -> bool:
    """Tell whether any descriptor was measured; chance alone does not count."""
    return any(row.pck is not None or row.iou is not None for row in task.rows if row.descriptor != CHANCE)


def synthesis_gaps(section: Section) -> tuple[str, ...]:
    """Say which metrics of rendered views were not measured."""
    if not has_views(section):
        return ("Not measured: no view was rendered.",)
    return () if any(row.lpips for row in section.synthesis) else ("LPIPS was not measured.",)


def has_views(section: Section) -> bool:
    """Tell whether any view was rendered."""
    return any(row.psnr is not None for row in section.synthesis)


def training_gaps(training: Training) -> tuple[str, ...]:
    """Sentences on a field that was not trained, on lost curves and on values that are not finite."""
    if training.steps == 0:
        return (f"Untrained: {training.variant} made 0 steps; its numbers are those of the initial weights.",)
    if not any(curve.points for curve in training.curves):
        return (f"No training curve was recorded for {training.variant}.",)
    bad = [(curve, sum(not math.isfinite(value) for _, value in curve.points)) for curve in training.curves]
    return tuple(
        f"{count} of {len(curve.points)} values of {curve.name} ({training.variant}) are not finite."
        for curve, count in bad
        if count
    )

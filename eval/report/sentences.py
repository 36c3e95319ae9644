"""Sentences on the numbers. A claim needs both the interval and p."""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from eval.report.contents import Section, TransferTask
from eval.report.numbers import interval, p_value, percent
from eval.report.titles import TASK_TITLES
from eval.statistics.summary import Difference, TransferDifference
from eval.transfer.chance import CHANCE
from eval.transfer.transfer_result import TASKS, threshold_name

SIGNIFICANT = 0.05
Standing: TypeAlias = Literal["better", "worse", "undecided", "not measured"]


@dataclass(frozen=True)
class Finding:
    """A sentence and the one word that it comes to."""

    standing: Standing
    text: str


def verdict(section: Section) -> Finding:
    """State the first difference of the section's first task that has one: PCK, or IoU where PCK was not measured."""
    tasks = [task for name in TASKS if (task := section.task(name)) and task.differences]
    compared = [(task, task.differences[0]) for task in tasks]
    for task, difference in compared:
        for finding in (_pck(task, difference), _iou(difference)):
            if finding.standing != "not measured":
                return Finding(finding.standing, f"{TASK_TITLES[task.name]}: {finding.text}.")
    if compared:
        task, difference = compared[0]
        return Finding("not measured", f"{TASK_TITLES[task.name]}: {_pck(task, difference).text}.")
    return Finding("not measured", "Not measured: no two descriptors were compared.")


def finding_of(task: TransferTask, difference: TransferDifference) -> tuple[Finding, Finding]:
    """State a difference in keypoints, at the largest threshold, and in parts."""
    keypoints, parts = _pck(task, difference), _iou(difference)
    return (
        Finding(keypoints.standing, f"Keypoints: {keypoints.text}."),
        Finding(parts.standing, f"Parts: {parts.text}."),
    )


def standing(difference: Difference | None) -> Standing:
    """Say `better` or `worse` if 0 lies outside the interval and p is below 0.05, else `undecided`."""
    if difference is None or not all(
        math.isfinite(value) for value in (difference.mean, difference.low, difference.high)
    ):
        return "not measured"
    if not difference.p < SIGNIFICANT:
        return "undecided"
    if difference.low > 0 and difference.mean > 0:
        return "better"
    return "worse" if difference.high < 0 and difference.mean < 0 else "undecided"


def chance_sentence(task: TransferTask) -> str:
    """Name the descriptors that are not clearly above chance in keypoints at the largest threshold; "" if all are."""
    chance = next((row for row in task.rows if row.descriptor == CHANCE), None)
    if chance is None or chance.pck is None or not math.isfinite(chance.pck[-1].mean):
        return ""
    level = chance.pck[-1].mean
    names = [
        f"{_quoted(row.descriptor)} ({percent(row.pck[-1].mean)}%, 95% interval {interval(row.pck[-1]) or 'not known'})"
        for row in task.rows
        if row.descriptor != CHANCE and row.pck is not None and row.pck[-1].low <= level
    ]
    if not names:
        return ""
    at = threshold_name(task.name, task.thresholds[-1])
    return f"Not clearly better than chance ({percent(level)}% of keypoints at {at}): {', '.join(names)}."


def _pck(task: TransferTask, difference: TransferDifference) -> Finding:
    at = threshold_name(task.name, difference.thresholds[-1])
    pck = None if difference.pck is None else difference.pck[-1]
    return _finding(difference, pck, f"PCK at {at}", "a keypoint", difference.keypoint_pairs)


def _iou(difference: TransferDifference) -> Finding:
    return _finding(difference, difference.iou, "part IoU", "a part", difference.part_pairs)


def _finding(
    compared: TransferDifference, difference: Difference | None, metric: str, shared: str, pairs: int
) -> Finding:
    where = standing(difference)
    first, second = _quoted(compared.descriptor), _quoted(compared.baseline)
    if difference is None:
        return Finding(where, f"{first} against {second} is not measured: no pair has {shared} in common")
    if where == "not measured":
        return Finding(where, f"{first} against {second} is not measured: {metric} is not a finite number")
    size = percent(abs(difference.mean))
    size = "less than 0.1" if size == "0.0" else size
    text = f"{first} is {size} points {'better' if difference.mean > 0 else 'worse'} than {second} in {metric}"
    if where == "undecided":
        text += f" on these {pairs} pairs; this may be chance"
    if difference.mean == 0:
        text = f"{first} and {second} are level in {metric} on these {pairs} pairs"
    bounds = f"{percent(difference.low)} to {percent(difference.high)}"
    return Finding(where, f"{text} (95% interval {bounds}, {p_value(difference.p)})")


def _quoted(descriptor: str) -> str:
    """The name, in quotes where a comma in it would tear the sentence."""
    return f"“{descriptor}”" if "," in descriptor else descriptor

"""What the numbers say, in words. Nothing is claimed that interval and p do not both carry."""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from eval.report.contents import Section, TransferTask
from eval.report.numbers import interval, p_value, percent, points, threshold
from eval.report.titles import TASK_TITLES
from eval.statistics.summary import Difference, TransferDifference
from eval.transfer.chance import CHANCE
from eval.transfer.transfer_result import TASKS

SIGNIFICANT = 0.05
Standing: TypeAlias = Literal["ahead", "behind", "open", "not measured"]


@dataclass(frozen=True)
class Finding:
    """A sentence and the one word that it comes to."""

    standing: Standing
    text: str


def verdict(section: Section) -> Finding:
    """Of a section: PCK of the first difference of its first task that has one, IoU where PCK was not measured."""
    for name in TASKS:
        task = section.task(name)
        for one in task.differences[:1] if task else ():
            finding = _pck(task, one) if task else None
            if finding is None or finding.standing == "not measured":
                finding = _iou(one)
            if finding.standing != "not measured":
                return Finding(finding.standing, f"{TASK_TITLES[name]}: {finding.text}.")
    unmeasured = [(task, one) for task in section.tasks for one in task.differences[:1]]
    if unmeasured:
        task, one = unmeasured[0]
        return Finding("not measured", f"{TASK_TITLES[task.name]}: {_pck(task, one).text}.")
    return Finding("not measured", "Not measured: no two descriptors were compared.")


def finding_of(task: TransferTask, difference: TransferDifference) -> tuple[Finding, Finding]:
    """In keypoints at the largest threshold, and in parts."""
    keypoints, parts = _pck(task, difference), _iou(difference)
    return (
        Finding(keypoints.standing, f"Keypoints: {keypoints.text}."),
        Finding(parts.standing, f"Parts: {parts.text}."),
    )


def standing(difference: Difference | None) -> Standing:
    """`ahead` or `behind` if 0 lies outside the interval and p is below 0.05; else nothing can be told."""
    if difference is None or not all(
        math.isfinite(value) for value in (difference.mean, difference.low, difference.high)
    ):
        return "not measured"
    if not difference.p < SIGNIFICANT:
        return "open"
    if difference.low > 0 and difference.mean > 0:
        return "ahead"
    return "behind" if difference.high < 0 and difference.mean < 0 else "open"


def chance_sentence(task: TransferTask) -> str:
    """Which descriptors do not stand above chance in keypoints at the largest threshold; nothing if all do."""
    chance = next((row for row in task.rows if row.descriptor == CHANCE), None)
    if chance is None or chance.pck is None or not math.isfinite(chance.pck[-1].mean):
        return ""
    level = chance.pck[-1].mean
    held = [
        f"{_named(row.descriptor)} ({percent(row.pck[-1].mean)}%, 95% {interval(row.pck[-1]) or 'not known'})"
        for row in task.rows
        if row.descriptor != CHANCE and row.pck is not None and row.pck[-1].low <= level
    ]
    if not held:
        return ""
    at = threshold(task.name, task.thresholds[-1])
    return f"Not above chance ({percent(level)}% of keypoints at {at}): {', '.join(held)}."


def _pck(task: TransferTask, one: TransferDifference) -> Finding:
    at = threshold(task.name, one.thresholds[-1])
    return _finding(one, None if one.pck is None else one.pck[-1], f"PCK at {at}", "a keypoint")


def _iou(one: TransferDifference) -> Finding:
    return _finding(one, one.iou, "part IoU", "a part")


def _finding(one: TransferDifference, difference: Difference | None, metric: str, shared: str) -> Finding:
    where = standing(difference)
    if difference is None:
        return Finding(
            where, f"{_named(one.first)} against {_named(one.second)} is not measured: no pair has {shared} in common"
        )
    if where == "not measured":
        return Finding(
            where, f"{_named(one.first)} against {_named(one.second)} is not measured: {metric} is no number"
        )
    bounds = f"95% {percent(difference.low)} to {percent(difference.high)}, {p_value(difference.p)}"
    if where == "open":
        return Finding(
            where,
            f"no difference between {_named(one.first)} and {_named(one.second)} can be told in {metric} "
            f"({points(difference.mean)} points, {bounds})",
        )
    size = points(difference.mean).lstrip("+\u2212")
    size = "less than 0.1" if size == "0.0" else size
    place = "ahead of" if where == "ahead" else "behind"
    return Finding(
        where, f"{_named(one.first)} is {place} {_named(one.second)} by {size} points of {metric} ({bounds})"
    )


def _named(descriptor: str) -> str:
    """In quotes where a comma in the name would tear the sentence."""
    return f"“{descriptor}”" if "," in descriptor else descriptor

"""Sentences on the numbers. A claim needs both the interval and p."""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from eval.descriptors.position import POSITION
from eval.report.contents import TransferTask
from eval.report.numbers import interval, p_value, percent
from eval.statistics.summary import Difference, TransferDifference
from eval.transfer.chance import CHANCE
from eval.transfer.transfer_result import threshold_name

SIGNIFICANT = 0.05
FEW_OBJECTS = 10  # below, intervals are too narrow (docs/evaluation.md)
Standing: TypeAlias = Literal["better", "worse", "undecided", "not measured"]


@dataclass(frozen=True)
class Finding:
    """A sentence and the one word that it comes to."""

    standing: Standing
    text: str


def finding_of(task: TransferTask, difference: TransferDifference, objects: int) -> tuple[Finding, ...]:
    """State a difference in keypoints, at the largest threshold, and in parts; `objects` are those of the test split.

    What was not measured is left out: the task's gaps say so.
    """
    at = threshold_name(task.name, difference.thresholds[-1])
    measured = (
        (f"for keypoints within {at}", None if difference.pck is None else difference.pck[-1]),
        ("for parts", difference.iou),
    )
    return tuple(
        Finding(standing(value), f"{lead_sentence(difference.descriptor, difference.baseline, value, what, objects)}.")
        for what, value in measured
        if value is not None and standing(value) != "not measured"
    )


def lead_sentence(first: str, second: str, difference: Difference, what: str, objects: int) -> str:
    """Say how far the first descriptor is ahead of the second, which is finite, and whether that is sure."""
    names = quoted(first), quoted(second)
    if difference.mean == 0:
        return f"{names[0]} and {names[1]} are level {what} on these {objects} objects"
    side = "better" if difference.mean > 0 else "worse"
    text = f"{names[0]} is {points(difference.mean)} {side} than {names[1]} {what}"
    if standing(difference) != "undecided":
        return f"{text}; this is sure ({p_value(difference.p)})"
    return f"{text} on these {objects} objects; {unsure(difference, objects)}"


def unsure(difference: Difference, objects: int) -> str:
    """Say why a difference is undecided."""
    why = "too few objects to be sure" if objects < FEW_OBJECTS else "too close to be sure"
    if _leaves_out_zero(difference) and not difference.p < SIGNIFICANT:
        return f"{why}: its interval leaves out 0, but the test does not ({p_value(difference.p)})"
    if difference.p < SIGNIFICANT:
        return f"{why}: the test leaves out 0 ({p_value(difference.p)}), but its interval does not"
    return f"{why} ({p_value(difference.p)})"


def points(difference: float) -> str:
    """The size of a difference in percentage points: `3.1 points`, `less than 0.1 points`."""
    size = percent(abs(difference))
    return f"{'less than 0.1' if size == '0.0' else size} points"


def standing(difference: Difference | None) -> Standing:
    """Say `better` or `worse` if 0 lies outside the interval and p is below 0.05, else `undecided`."""
    if difference is None or not all(
        math.isfinite(value) for value in (difference.mean, difference.low, difference.high)
    ):
        return "not measured"
    if not difference.p < SIGNIFICANT or not _leaves_out_zero(difference):
        return "undecided"
    return "better" if difference.mean > 0 else "worse"


def chance_sentence(task: TransferTask) -> str:
    """Name the descriptors that are not clearly above chance in keypoints at the largest threshold; "" if all are."""
    chance = next((row for row in task.rows if row.descriptor == CHANCE), None)
    if chance is None or chance.pck is None or not math.isfinite(chance.pck[-1].mean):
        return ""
    level = chance.pck[-1].mean
    names = [
        f"{quoted(row.descriptor)} ({percent(row.pck[-1].mean)}%, 95% interval {interval(row.pck[-1]) or 'not known'})"
        for row in task.rows
        if row.descriptor != CHANCE and row.pck is not None and row.pck[-1].low <= level
    ]
    if not names:
        return ""
    at = threshold_name(task.name, task.thresholds[-1])
    return f"Not clearly better than chance ({percent(level)}% of keypoints at {at}): {', '.join(names)}."


def position_sentence(task: TransferTask, objects: int) -> str:
    """Warn where the position alone does better than a descriptor of the field; "" where it does not."""
    told = []
    for difference in task.differences:
        if difference.baseline == POSITION:
            pck = None if difference.pck is None else difference.pck[-1]
            told += [
                lead_sentence(POSITION, difference.descriptor, negated(value), what, objects)
                for what, value in (("for keypoints", pck), ("for parts", difference.iou))
                if value is not None and value.mean < 0
            ]
    if not told:
        return ""
    sentences = ". ".join(f"{each[:1].upper()}{each[1:]}" for each in told)
    return f"{sentences}. Here the place in the image says more than the feature: this task hardly tests features."


def negated(difference: Difference) -> Difference:
    """The same difference the other way round."""
    return Difference(-difference.mean, -difference.high, -difference.low, difference.p)


def quoted(descriptor: str) -> str:
    """The name, in quotes where a comma in it would tear the sentence."""
    return f"“{descriptor}”" if "," in descriptor else descriptor


def _leaves_out_zero(difference: Difference) -> bool:
    return difference.low > 0 if difference.mean > 0 else difference.high < 0

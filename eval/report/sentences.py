"""Sentences on the numbers. A claim needs both the interval and p."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from eval.descriptors.position import POSITION
from eval.report.contents import TransferTask
from eval.report.numbers import interval, p_value, percent
from eval.statistics.summary import Difference, TransferDifference, TransferMeans, Value
from eval.transfer.chance import CHANCE
from eval.transfer.transfer_result import threshold_name

SIGNIFICANT = 0.05
FEW_OBJECTS = 10  # below, intervals are too narrow (docs/evaluation.md)
Standing: TypeAlias = Literal["better", "worse", "undecided"]
What: TypeAlias = Literal["keypoints", "parts"]


@dataclass(frozen=True)
class Finding:
    """A sentence and the one word that it comes to."""

    standing: Standing
    text: str


def told_values(means: TransferMeans[Value]) -> Mapping[What, Value]:
    """Choose the values that are spoken of: keypoints at the largest threshold, and parts, where they were measured."""
    values: dict[What, Value | None] = {"keypoints": means.pck[-1] if means.pck else None, "parts": means.iou}
    return {what: value for what, value in values.items() if value is not None}


def finding_of(task: TransferTask, difference: TransferDifference, objects: int) -> tuple[Finding, ...]:
    """State a difference in keypoints and in parts; `objects` are those of the test split.

    What was not measured is left out: the task's gaps say so.
    """
    at = {"keypoints": f" within {threshold_name(task.name, difference.thresholds[-1])}", "parts": ""}
    names = difference.descriptor, difference.baseline
    return tuple(
        Finding(standing(value), f"{lead_sentence(*names, value, f'for {what}{at[what]}', objects)}.")
        for what, value in told_values(difference).items()
    )


def lead_sentence(first: str, second: str, difference: Difference, what: str, objects: int) -> str:
    """Say how far the first descriptor is ahead of the second, and whether that is sure."""
    names = quoted(first), quoted(second)
    if difference.mean == 0:
        return f"{names[0]} and {names[1]} are level {what} on these {objects} objects"
    side = "better" if difference.mean > 0 else "worse"
    text = f"{names[0]} is {points(difference.mean)} {side} than {names[1]} {what}"
    p = p_value(difference.p)
    if standing(difference) != "undecided":
        return f"{text}; this is sure ({p})"
    why = "too few objects to be sure" if objects < FEW_OBJECTS else "too close to be sure"
    if difference.p < SIGNIFICANT:
        why += f": the test leaves out 0 ({p}), but its interval does not"
    elif _leaves_out_zero(difference):
        why += f": its interval leaves out 0, but the test does not ({p})"
    else:
        why += f" ({p})"
    return f"{text} on these {objects} objects; {why}"


def points(difference: float) -> str:
    """The size of a difference in percentage points: `3.1 points`, `less than 0.1 points`."""
    size = percent(abs(difference))
    return f"{'less than 0.1' if size == '0.0' else size} points"


def standing(difference: Difference) -> Standing:
    """Say `better` or `worse` if 0 lies outside the interval and p is below 0.05, else `undecided`."""
    if not difference.p < SIGNIFICANT or not _leaves_out_zero(difference):
        return "undecided"
    return "better" if difference.mean > 0 else "worse"


def chance_sentence(task: TransferTask) -> str:
    """Name the descriptors that are not clearly above chance in keypoints at the largest threshold; "" if all are."""
    shares = {row.descriptor: row.pck[-1] for row in task.rows if row.pck is not None}
    chance = shares.pop(CHANCE, None)
    if chance is None:
        return ""
    names = [
        f"{quoted(name)} ({percent(share.mean)}%, 95% interval {interval(share) or 'not known'})"
        for name, share in shares.items()
        if share.low <= chance.mean
    ]
    at = threshold_name(task.name, task.rows[0].thresholds[-1])
    level = percent(chance.mean)
    return f"Not clearly better than chance ({level}% of keypoints at {at}): {', '.join(names)}." if names else ""


def position_sentence(task: TransferTask, objects: int) -> str:
    """Warn where the position alone does better than a descriptor of the field; "" where it does not."""
    told = [
        first_letter(lead_sentence(POSITION, difference.descriptor, negated(value), f"for {what}", objects))
        for difference in task.differences
        if difference.baseline == POSITION
        for what, value in told_values(difference).items()
        if value.mean < 0
    ]
    more = "Here the place in the image says more than the feature: this task hardly tests features."
    return f"{'. '.join(told)}. {more}" if told else ""


def negated(difference: Difference) -> Difference:
    """The same difference the other way round."""
    return Difference(-difference.mean, -difference.high, -difference.low, difference.p)


def quoted(descriptor: str) -> str:
    """The name, in quotes where a comma in it would tear the sentence."""
    return f"“{descriptor}”" if "," in descriptor else descriptor


def first_letter(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def _leaves_out_zero(difference: Difference) -> bool:
    return difference.low > 0 if difference.mean > 0 else difference.high < 0

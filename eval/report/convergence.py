"""Say in words whether a training converged."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.report.contents import Training
from eval.report.numbers import amount

TOTAL, VALIDATION = "total", "validation_total"
LEVEL = 0.03  # a smaller change than this over the last fifth is none
LEAST_POINTS = 4


@dataclass(frozen=True)
class Convergence:
    """A few words for the first screen, and the sentences behind them."""

    short: str
    text: str


def convergence(training: Training) -> Convergence:
    """Judge the last fifth of the training loss, and say where the validation loss was lowest."""
    if training.steps == 0:
        return Convergence("untrained", "The field was not trained.")
    short, text = _end(training)
    return Convergence(short, " ".join(filter(None, (text, _validation(training), _box(training)))))


def _end(training: Training) -> tuple[str, str]:
    points = _points(training, TOTAL)
    # A jump where rays leave the box is no sign of anything: what is compared lies behind it.
    start = max(0.8 * training.steps, training.in_box_steps if training.in_box_steps < training.steps else 0)
    last = [value for step, value in points if step > start]
    if len(last) < LEAST_POINTS or any(not math.isfinite(value) for value in last):
        return "not known", "The curve is too short to say whether the training loss has levelled off."
    half = len(last) // 2
    before, after = float(np.mean(last[:half])), float(np.mean(last[half:]))
    change = (after - before) / abs(before) if before else 0.0
    begin = f"The training loss went from {amount(points[0][1])} to {amount(after)}"
    if abs(change) < LEVEL:
        return "levelled off", f"{begin} and changed by {abs(change):.1%} at the end: it has levelled off."
    if change < 0:
        return "still falling", f"{begin} and fell by {-change:.1%} at the end: more steps may help."
    return "rising at the end", f"{begin} and rose by {change:.1%} at the end: look at the curves."


def _validation(training: Training) -> str:
    points = [point for point in _points(training, VALIDATION) if math.isfinite(point[1])]
    if len(points) < 2:
        return ""
    step, least = min(points, key=lambda point: point[1])
    if step == points[-1][0]:
        return f"The validation loss was lowest at the end ({amount(least)})."
    return f"The validation loss was lowest at step {step} ({amount(least)}), and {amount(points[-1][1])} at the end."


def _box(training: Training) -> str:
    if not 0 < training.in_box_steps < training.steps:
        return ""
    return (
        f"Until step {training.in_box_steps} rays hit the object's bounding box (train.bounding_box_steps); from then "
        "on they go anywhere, so the losses change there."
    )


def _points(training: Training, name: str) -> Sequence[tuple[float, float]]:
    return next((curve.points for curve in training.curves if curve.name == name), ())

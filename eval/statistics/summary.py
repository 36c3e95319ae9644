"""Means over pairs with their intervals, and differences between two descriptors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeAlias, TypeVar

import numpy as np
from jaxtyping import Float64

from eval.statistics.intervals import Interval, mean_intervals
from eval.statistics.significance import sign_flip_p
from eval.transfer.pairs import Pair
from eval.transfer.transfer_result import Task, TransferResult
from pipeline.seeds import generator_of

SHARE = (0.0, 1.0)
DIFFERENCE_OF_SHARES = (-1.0, 1.0)
Value = TypeVar("Value", bound=Interval)
# A pair, its PCK at each threshold, and its IoU; None for what the pair does not have.
PairScores: TypeAlias = tuple[Pair, Sequence[float] | None, float | None]


@dataclass(frozen=True)
class Difference(Interval):
    """A mean of paired differences, its 95% interval, and the two-sided p-value of its being 0."""

    p: float


@dataclass(frozen=True)
class TransferMeans(Generic[Value]):
    """Means over the pairs for which a metric is defined; the others are left out and counted.

    `pck` has one mean share for each of `thresholds` (pixels in 2D, longest edges in 3D). A mean over no pair is None.
    Means of differences are those of `descriptor` less `baseline`.
    """

    task: Task
    descriptor: str
    pairs: int
    thresholds: tuple[float, ...]
    pck: tuple[Value, ...] | None
    keypoint_pairs: int
    iou: Value | None
    part_pairs: int
    baseline: str = ""


TransferSummary: TypeAlias = TransferMeans[Interval]
TransferDifference: TypeAlias = TransferMeans[Difference]


def summarise(
    results: Sequence[TransferResult],
    task: Task,
    descriptor: str,
    thresholds: Sequence[float],
) -> TransferSummary:
    """The means of one descriptor at one task; other results are passed over. Without pairs there are no means."""
    chosen = [result for result in results if (result.task, result.descriptor) == (task, descriptor)]

    def intervals(pairs: Sequence[Pair], values: Float64[np.ndarray, "n c"]) -> tuple[Interval, ...]:
        # The same draws for all descriptors.
        return mean_intervals(pairs, values, SHARE, generator_of("evaluate", "bootstrap", task))

    scores = [(result.pair, result.pck, result.iou) for result in chosen]
    return _transfer_means(task, descriptor, thresholds, scores, intervals)


def compare(
    results: Sequence[TransferResult],
    task: Task,
    first: str,
    second: str,
    thresholds: Sequence[float],
) -> TransferDifference:
    """First less second on the same pairs; a pair that is listed twice counts twice for both."""
    mine = [result for result in results if (result.task, result.descriptor) == (task, first)]
    theirs = {result.pair: result for result in results if (result.task, result.descriptor) == (task, second)}
    scores: list[PairScores] = []
    for result in mine:
        if (other := theirs.get(result.pair)) is not None:
            pck = None if result.pck is None or other.pck is None else np.subtract(result.pck, other.pck).tolist()
            iou = None if result.iou is None or other.iou is None else result.iou - other.iou
            scores.append((result.pair, pck, iou))

    def differences(pairs: Sequence[Pair], values: Float64[np.ndarray, "n c"]) -> tuple[Difference, ...]:
        return paired_differences(pairs, values, DIFFERENCE_OF_SHARES, task)

    return replace(_transfer_means(task, first, thresholds, scores, differences), baseline=second)


def _transfer_means(
    task: Task,
    descriptor: str,
    thresholds: Sequence[float],
    scores: Sequence[PairScores],
    means_of: Callable[[Sequence[Pair], Float64[np.ndarray, "n c"]], tuple[Value, ...]],
) -> TransferMeans[Value]:
    with_keypoints = [(pair, pck) for pair, pck, _ in scores if pck is not None]
    with_parts = [(pair, [iou]) for pair, _, iou in scores if iou is not None]

    def means(rows: Sequence[tuple[Pair, Sequence[float]]]) -> tuple[Value, ...] | None:
        values = np.array([row for _, row in rows], dtype=np.float64)
        return means_of([pair for pair, _ in rows], values) if rows else None

    iou = means(with_parts)
    return TransferMeans(
        task=task,
        descriptor=descriptor,
        pairs=len(scores),
        thresholds=tuple(float(threshold) for threshold in thresholds),
        pck=means(with_keypoints),
        keypoint_pairs=len(with_keypoints),
        iou=None if iou is None else iou[0],
        part_pairs=len(with_parts),
    )


def paired_differences(
    pairs: Sequence[Pair],
    values: Float64[np.ndarray, "n c"],
    bounds: tuple[float, float],
    name: str,
) -> tuple[Difference, ...]:
    """The mean of each column of differences within `bounds`, its interval and p; `name` names the draws."""
    intervals = mean_intervals(pairs, values, bounds, generator_of("evaluate", "bootstrap", name))
    return tuple(
        Difference(
            interval.mean,
            interval.low,
            interval.high,
            sign_flip_p(pairs, column, generator_of("evaluate", "sign flips", name)),
        )
        for interval, column in zip(intervals, values.T, strict=True)
    )

"""Means over pairs with their intervals, and differences between two descriptors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from eval.statistics.intervals import RESAMPLES, Interval, mean_intervals
from eval.statistics.significance import sign_flip_p
from eval.transfer.pairs import Pair
from eval.transfer.transfer_result import Task, TransferResult
from pipeline.seeds import generator_of

SHARE = (0.0, 1.0)
DIFFERENCE_OF_SHARES = (-1.0, 1.0)


@dataclass(frozen=True)
class TransferSummary:
    """Means over the pairs for which a metric is defined; the others are left out and counted.

    `pck` has one mean share for each of `thresholds` (pixels in 2D, longest edges in 3D). A mean over no pair is None.
    """

    task: Task
    descriptor: str
    pairs: int
    thresholds: tuple[float, ...]
    pck: tuple[Interval, ...] | None
    keypoint_pairs: int
    iou: Interval | None
    part_pairs: int


@dataclass(frozen=True)
class Difference(Interval):
    """A mean of paired differences, its 95% interval, and the two-sided p-value of its being 0."""

    p: float


@dataclass(frozen=True)
class TransferDifference:
    """First descriptor less second, over the pairs where a metric is defined for both. Over no pair it is None."""

    task: Task
    first: str
    second: str
    pairs: int
    thresholds: tuple[float, ...]
    pck: tuple[Difference, ...] | None
    keypoint_pairs: int
    iou: Difference | None
    part_pairs: int


def summarise(
    results: Sequence[TransferResult],
    task: Task,
    descriptor: str,
    thresholds: Sequence[float],
    resamples: int = RESAMPLES,
) -> TransferSummary:
    """The means of one descriptor at one task; other results are passed over. Without pairs there are no means."""
    chosen = [result for result in results if (result.task, result.descriptor) == (task, descriptor)]
    with_keypoints = [result for result in chosen if result.pck is not None]
    with_parts = [result for result in chosen if result.iou is not None]
    shares = np.array([result.pck for result in with_keypoints], dtype=np.float64)
    ious = np.array([[result.iou] for result in with_parts], dtype=np.float64)

    def intervals(over: Sequence[TransferResult], values: Float64[np.ndarray, "n c"]) -> tuple[Interval, ...]:
        # The same draws for all descriptors.
        generator = generator_of("evaluate", "bootstrap", task)
        return mean_intervals([result.pair for result in over], values, SHARE, generator, resamples)

    return TransferSummary(
        task=task,
        descriptor=descriptor,
        pairs=len(chosen),
        thresholds=tuple(float(threshold) for threshold in thresholds),
        pck=intervals(with_keypoints, shares) if with_keypoints else None,
        keypoint_pairs=len(with_keypoints),
        iou=intervals(with_parts, ious)[0] if with_parts else None,
        part_pairs=len(with_parts),
    )


def compare(
    results: Sequence[TransferResult],
    task: Task,
    first: str,
    second: str,
    thresholds: Sequence[float],
    resamples: int = RESAMPLES,
) -> TransferDifference:
    """First less second on the same pairs; a pair that is listed twice counts twice for both."""
    mine = [result for result in results if (result.task, result.descriptor) == (task, first)]
    theirs = {result.pair: result for result in results if (result.task, result.descriptor) == (task, second)}
    common = [(result, theirs[result.pair]) for result in mine if result.pair in theirs]

    def differences(
        of: Callable[[TransferResult], Sequence[float] | None],
    ) -> tuple[list[Pair], Float64[np.ndarray, "n c"]]:
        pairs, rows = [], []
        for left, right in common:
            ours, others = of(left), of(right)
            if ours is not None and others is not None:
                pairs.append(left.pair)
                rows.append(np.subtract(ours, others))
        return pairs, np.array(rows, dtype=np.float64).reshape(len(rows), -1 if rows else 0)

    def tested(pairs: Sequence[Pair], values: Float64[np.ndarray, "n c"]) -> tuple[Difference, ...]:
        return paired_differences(pairs, values, DIFFERENCE_OF_SHARES, task, resamples)

    keypoint_pairs, shares = differences(lambda result: result.pck)
    part_pairs, ious = differences(lambda result: None if result.iou is None else (result.iou,))
    return TransferDifference(
        task=task,
        first=first,
        second=second,
        pairs=len(common),
        thresholds=tuple(float(threshold) for threshold in thresholds),
        pck=tested(keypoint_pairs, shares) if keypoint_pairs else None,
        keypoint_pairs=len(keypoint_pairs),
        iou=tested(part_pairs, ious)[0] if part_pairs else None,
        part_pairs=len(part_pairs),
    )


def paired_differences(
    pairs: Sequence[Pair],
    values: Float64[np.ndarray, "n c"],
    bounds: tuple[float, float],
    name: str,
    resamples: int = RESAMPLES,
) -> tuple[Difference, ...]:
    """The mean of each column of differences within `bounds`, its interval and p; `name` names the draws."""
    intervals = mean_intervals(pairs, values, bounds, generator_of("evaluate", "bootstrap", name), resamples)
    return tuple(
        Difference(
            interval.mean,
            interval.low,
            interval.high,
            sign_flip_p(pairs, column, generator_of("evaluate", "sign flips", name), resamples),
        )
        for interval, column in zip(intervals, values.T, strict=True)
    )

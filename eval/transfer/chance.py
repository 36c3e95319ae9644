"""The level that a random choice reaches, in closed form."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from eval.statistics.intervals import Interval
from eval.statistics.summary import TransferSummary
from eval.transfer.transfer_plan import KeypointPlan, PartPlan, TransferPlan
from eval.transfer.transfer_result import Task

CHANCE = "chance"
# 32 MiB of distances for one piece of the candidates.
MAX_ELEMENTS = 1 << 22


@dataclass(frozen=True)
class Chance:
    """The chance level of one pair: PCK for each threshold, and mean IoU. None where the pair has no such task."""

    pck: tuple[float, ...] | None
    iou: float | None


def chance_of(plan: TransferPlan, thresholds: Sequence[float], unit: float = 1.0) -> Chance:
    """The chance level of a planned pair; thresholds in units of `unit` pixels (2D: 1) or world units (3D)."""
    return Chance(
        None if plan.keypoints is None else _expected_pck(plan.keypoints, thresholds, unit),
        None if plan.parts is None else float(np.mean(expected_ious(plan.parts))),
    )


def mean_chance(chances: Sequence[Chance], task: Task, thresholds: Sequence[float]) -> TransferSummary:
    """The mean over pairs, in the place of a descriptor; it is no estimate, so intervals have no width."""
    shares = [chance.pck for chance in chances if chance.pck is not None]
    ious = [chance.iou for chance in chances if chance.iou is not None]
    return TransferSummary(
        task=task,
        descriptor=CHANCE,
        pairs=len(chances),
        thresholds=tuple(float(threshold) for threshold in thresholds),
        pck=tuple(_sure(mean) for mean in np.mean(shares, axis=0)) if shares else None,
        keypoint_pairs=len(shares),
        iou=_sure(np.mean(ious)) if ious else None,
        part_pairs=len(ious),
    )


def _sure(value: float | np.floating) -> Interval:
    return Interval(float(value), float(value), float(value))


def _expected_pck(plan: KeypointPlan, thresholds: Sequence[float], unit: float) -> tuple[float, ...]:
    """The share of candidates nearer than a threshold to the true place, averaged over keypoints: exact.

    A descriptor that is drawn anew for each place finds each candidate with the same probability.
    """
    inside = np.zeros((len(plan.true), len(thresholds)))
    rows = max(1, MAX_ELEMENTS // len(plan.candidate))
    candidate, true = plan.candidate.astype(np.float64), plan.true.astype(np.float64)
    for top in range(0, len(true), rows):
        distance = np.linalg.norm(true[top : top + rows, None] - candidate, axis=2) / unit
        for column, limit in enumerate(thresholds):
            inside[top : top + rows, column] = np.mean(distance < limit, axis=1)
    return tuple(float(share) for share in inside.mean(axis=0))


def expected_ious(plan: PartPlan) -> tuple[float, ...]:
    """For each common label the expected IoU if each labelled target place takes the label of a random source place.

    Let a share p of the source's places carry the label, and T of the target's N. Hits are binomial (T, p), false
    alarms F binomial (N - T, p), independent; IoU is hits / (T + F), so that its mean is T p E[1 / (T + F)], summed
    exactly over F. (T p / (T + (N - T) p) is its approximation for many places.) The places of the target are taken to
    choose independently; random descriptors share those of the source, which changes the mean in second order only.
    """
    total = len(plan.target_label)
    ious = []
    for label in plan.labels:
        share = float(np.mean(plan.source_label == label))
        true = int(np.sum(plan.target_label == label))
        alarms = np.arange(total - true + 1)
        inverse = np.sum(stats.binom.pmf(alarms, total - true, share) / (true + alarms))
        ious.append(float(true * share * inverse))
    return tuple(ious)

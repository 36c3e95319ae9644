"""statistics.json, as the evaluate stage writes it and the report reads it back, and metrics.json, its digest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from eval.statistics.intervals import Interval
from eval.statistics.summary import Difference, TransferDifference, TransferSummary
from eval.synthesis.synthesis_summary import METRICS, SynthesisSummary
from eval.transfer.transfer_result import Task

UNITS: Mapping[Task, str] = {"2d-cross-instance": "px", "2d-novel-view": "px", "3d-cross-instance": "edge"}


def stored_summary(summary: TransferSummary) -> dict[str, Any]:
    """A summary as mappings of numbers."""
    return {
        "pck": _by_threshold(summary.task, summary.thresholds, summary.pck),
        "iou": None if summary.iou is None else asdict(summary.iou),
        "pairs": summary.pairs,
        "keypoint_pairs": summary.keypoint_pairs,
        "part_pairs": summary.part_pairs,
    }


def summary_of(task: Task, descriptor: str, thresholds: Sequence[float], held: Mapping[str, Any]) -> TransferSummary:
    """What `stored_summary` wrote. Raises KeyError or TypeError for anything else."""
    pck = held["pck"]
    return TransferSummary(
        task=task,
        descriptor=descriptor,
        pairs=held["pairs"],
        thresholds=tuple(thresholds),
        pck=None if pck is None else tuple(Interval(**pck[_name(task, t)]) for t in thresholds),
        keypoint_pairs=held["keypoint_pairs"],
        iou=None if held["iou"] is None else Interval(**held["iou"]),
        part_pairs=held["part_pairs"],
    )


def stored_difference(difference: TransferDifference) -> dict[str, Any]:
    """A difference in the same way."""
    return {
        "pck": _by_threshold(difference.task, difference.thresholds, difference.pck),
        "iou": None if difference.iou is None else asdict(difference.iou),
        "pairs": difference.pairs,
        "keypoint_pairs": difference.keypoint_pairs,
        "part_pairs": difference.part_pairs,
    }


def difference_of(
    task: Task, first: str, second: str, thresholds: Sequence[float], held: Mapping[str, Any]
) -> TransferDifference:
    """What `stored_difference` wrote. Raises KeyError or TypeError for anything else."""
    pck = held["pck"]
    return TransferDifference(
        task=task,
        first=first,
        second=second,
        pairs=held["pairs"],
        thresholds=tuple(thresholds),
        pck=None if pck is None else tuple(Difference(**pck[_name(task, t)]) for t in thresholds),
        keypoint_pairs=held["keypoint_pairs"],
        iou=None if held["iou"] is None else Difference(**held["iou"]),
        part_pairs=held["part_pairs"],
    )


def stored_synthesis(summary: SynthesisSummary) -> dict[str, Any]:
    """A summary of rendered views in the same way."""
    means = [(str(metric), summary.of(metric)) for metric in METRICS]
    return {"views": summary.views} | {name: None if mean is None else asdict(mean) for name, mean in means}


def synthesis_of(way: str, held: Mapping[str, Any]) -> SynthesisSummary:
    """What `stored_synthesis` wrote. Raises KeyError or TypeError for anything else."""
    psnr, ssim, lpips = (None if held[metric] is None else Interval(**held[metric]) for metric in METRICS)
    return SynthesisSummary(way, held["views"], psnr, ssim, lpips)


def headlines(statistics: Mapping[str, Any]) -> dict[str, Any]:
    """What runs are compared by: few numbers, so that `dvc metrics` and `dvc exp show` stay readable.

    Of each task and descriptor the mean PCK at the widest threshold and the mean IoU, and the means of the rendered
    views; what was not measured is left out. DVC shows numbers in mappings, no lists.
    """
    means: dict[str, Any] = {}
    for task, of_task in statistics["transfer"].items():
        means[task] = {name: _means(held) for name, held in of_task.items() if _means(held)}
    rendered = statistics["synthesis"]["rendered"]
    known = {metric: rendered[metric]["mean"] for metric in METRICS if rendered[metric] is not None}
    return {**means, "synthesis": known}


def _means(held: Mapping[str, Any]) -> dict[str, float]:
    means = {}
    if held["pck"] is not None:
        widest = list(held["pck"])[-1]
        means[f"pck {widest}"] = held["pck"][widest]["mean"]
    if held["iou"] is not None:
        means["iou"] = held["iou"]["mean"]
    return means


def finite(value: object) -> object:
    """The same tree with numbers that JSON cannot write as None."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _by_threshold(
    task: Task, thresholds: Sequence[float], values: Sequence[Interval | Difference] | None
) -> dict[str, Any] | None:
    if values is None:
        return None
    return {_name(task, threshold): asdict(value) for threshold, value in zip(thresholds, values, strict=True)}


def _name(task: Task, threshold: float) -> str:
    return f"{threshold:g} {UNITS[task]}"

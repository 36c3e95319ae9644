"""One pair, one task, one descriptor: what is described, matched and measured (paper, section Evaluation)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32, Float64, Int64, UInt8
from torch import Tensor

from eval.descriptors.descriptors import Descriptor
from eval.descriptors.similarity import nearest, require_finite, unit_vectors
from eval.transfer.pairs import Pair
from eval.transfer.transfer_plan import TransferPlan
from eval.transfer.transfer_result import Task, TransferResult
from eval.views import SeenPixels
from train.transfers import Arriving, uploaded


@dataclass(frozen=True)
class Transfer:
    """The matches in the target: a place for each common keypoint, a label for each labelled place.

    None where the pair has no such task.
    """

    keypoints: Float32[np.ndarray, "k d"] | None
    parts: UInt8[np.ndarray, " n"] | None


@dataclass(frozen=True)
class Matches:
    """The matches of a plan as a device finds them: a row among the candidates for each keypoint or place.

    Without `finite` descriptors they mean nothing. None where the pair has no such task.
    """

    finite: Arriving | None
    keypoints: Arriving | None
    parts: Arriving | None


def find_matches(plan: TransferPlan, source: Float[Tensor, "n c"], target: Float[Tensor, "m c"]) -> Matches:
    """Match the descriptors of a plan's places, on their device, without waiting for it.

    A keypoint goes to the most similar candidate; a labelled target place goes to the most similar labelled source
    place.
    """
    finite = torch.isfinite(source).all() & torch.isfinite(target).all()
    source, target = unit_vectors(source), unit_vectors(target)
    keypoints = parts = None
    if plan.keypoints is not None:
        rows = plan.keypoints.source_row, plan.keypoints.candidate_row
        keypoints = Arriving(nearest(_rows(source, rows[0]), _rows(target, rows[1])))
    if plan.parts is not None:
        rows = plan.parts.source_row, plan.parts.target_row
        parts = Arriving(nearest(_rows(target, rows[1]), _rows(source, rows[0])))
    return Matches(Arriving(finite), keypoints, parts)


def matched_places(plan: TransferPlan, matches: Matches) -> Transfer:
    """Wait for the matches of a plan, and look up their places and labels.

    Raises ValueError if a descriptor was not finite.
    """
    require_finite(matches.finite is None or bool(matches.finite.values()))
    places = labels = None
    if plan.keypoints is not None and matches.keypoints is not None:
        places = np.asarray(plan.keypoints.candidate[matches.keypoints.values().numpy()])
    if plan.parts is not None and matches.parts is not None:
        labels = np.asarray(plan.parts.source_label[matches.parts.values().numpy()])
    return Transfer(places, labels)


def _rows(features: Float64[Tensor, "n c"], rows: Int64[np.ndarray, " r"]) -> Float64[Tensor, "r c"]:
    """The rows, on the features' own device; the first ones in order are not copied."""
    if np.array_equal(rows, np.arange(len(rows))):
        return features[: len(rows)]
    return features[uploaded(torch.from_numpy(rows), features.device)]


def pck(distances: Float64[np.ndarray, " k"], thresholds: Sequence[float]) -> tuple[float, ...] | None:
    """For each threshold the share of distances BELOW it, in the distances' unit; None without a distance."""
    return tuple(float(np.mean(distances < threshold)) for threshold in thresholds) if len(distances) else None


def measure(
    task: Task,
    descriptor: str,
    pair: Pair,
    plan: TransferPlan,
    matched: Transfer,
    thresholds: Sequence[float],
    unit: float = 1.0,
) -> TransferResult:
    """Compare the matches with the truth. Distances and thresholds are in units of `unit` pixels or world units."""
    away, ids, ious = np.zeros(0), (), []
    if plan.keypoints is not None and matched.keypoints is not None:
        true = plan.keypoints.true.astype(np.float64)
        away = np.linalg.norm(matched.keypoints.astype(np.float64) - true, axis=1) / unit
        ids = tuple(plan.keypoints.ids.tolist())
    if plan.parts is not None and matched.parts is not None:
        for label in plan.parts.labels:
            found, is_true = matched.parts == label, plan.parts.target_label == label
            ious.append((label, int(np.sum(found & is_true)) / int(np.sum(found | is_true))))
    return TransferResult(
        task=task,
        descriptor=descriptor,
        pair=pair,
        distances=tuple(away.tolist()),
        keypoint_ids=ids,
        pck=pck(away, thresholds),
        part_iou=tuple(ious),
        iou=float(np.mean([iou for _, iou in ious])) if ious else None,
    )


def seen_pixels(task: Task, pair: Pair, plan: TransferPlan) -> tuple[SeenPixels, SeenPixels]:
    """The pixels of a 2D plan's two sides. For a novel view the source's image alone is seen, also by the target."""
    seen = pair.source_view if task == "2d-novel-view" else pair.target_view
    return (
        SeenPixels(pair.source, pair.source_view, pair.source_view, plan.source_places),
        SeenPixels(pair.target, seen, pair.target_view, plan.target_places),
    )


def describe(
    task: Task, pair: Pair, plan: TransferPlan, descriptor: Descriptor
) -> tuple[Float[Tensor, "n c"], Float[Tensor, "m c"]]:
    """Describe a plan's places in the source and in the target. In 3D each object is known from its own image."""
    if task == "3d-cross-instance":
        return (
            descriptor.at_points(pair.source, pair.source_view, plan.source_places),
            descriptor.at_points(pair.target, pair.target_view, plan.target_places),
        )
    source, target = seen_pixels(task, pair, plan)
    return (
        descriptor.at_pixels(source.key, source.seen, source.view, source.pixels),
        descriptor.at_pixels(target.key, target.seen, target.view, target.pixels),
    )


def start_transfer(task: Task, pair: Pair, plan: TransferPlan, descriptor: Descriptor) -> Matches:
    """Match a pair's places by a descriptor. A pair with nothing in common asks for no descriptor."""
    if plan.is_empty:
        return Matches(None, None, None)
    return find_matches(plan, *describe(task, pair, plan, descriptor))


def transfer(task: Task, pair: Pair, plan: TransferPlan, descriptor: Descriptor) -> Transfer:
    """Match a pair's places by a descriptor, and wait for the matches."""
    return matched_places(plan, start_transfer(task, pair, plan, descriptor))


def evaluate_transfer(
    task: Task,
    pair: Pair,
    plan: TransferPlan,
    descriptor: Descriptor,
    thresholds: Sequence[float],
    unit: float = 1.0,
) -> TransferResult:
    """Match a pair's places and compare with the truth. Thresholds are in units of `unit` pixels or world units."""
    return measure(task, descriptor.name, pair, plan, transfer(task, pair, plan, descriptor), thresholds, unit)

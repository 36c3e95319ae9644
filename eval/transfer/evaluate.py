"""One pair, one task, one descriptor: what is described, matched and measured (paper, section Evaluation)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32, Float64, Int64, UInt8
from torch import Tensor

from eval.descriptors.descriptors import Descriptor
from eval.descriptors.similarity import most_similar
from eval.transfer.pairs import Pair
from eval.transfer.transfer_plan import TransferPlan
from eval.transfer.transfer_result import Task, TransferResult
from eval.views import SeenPixels


@dataclass(frozen=True)
class Transfer:
    """The matches in the target: a place for each common keypoint, a label for each labelled place.

    None where the pair has no such task.
    """

    keypoints: Float32[np.ndarray, "k d"] | None
    parts: UInt8[np.ndarray, " n"] | None


def match_places(plan: TransferPlan, source: Float[Tensor, "n c"], target: Float[Tensor, "m c"]) -> Transfer:
    """Match the descriptors of a plan's places, on their device. Raises ValueError if one is not finite.

    A keypoint goes to the most similar candidate; a labelled target place takes the label of the most similar labelled
    source place.
    """
    places = labels = None
    if (keypoints := plan.keypoints) is not None:
        found = most_similar(_rows(source, keypoints.source_row), _rows(target, keypoints.candidate_row))
        places = np.asarray(keypoints.candidate[found.cpu().numpy()])
    if (parts := plan.parts) is not None:
        found = most_similar(_rows(target, parts.target_row), _rows(source, parts.source_row))
        labels = np.asarray(parts.source_label[found.cpu().numpy()])
    return Transfer(places, labels)


def _rows(features: Float[Tensor, "n c"], rows: Int64[np.ndarray, " r"]) -> Float[Tensor, "r c"]:
    """The rows, on the features' own device; all of them in order are not copied."""
    if len(rows) == len(features) and np.array_equal(rows, np.arange(len(rows))):
        return features
    return features[torch.from_numpy(rows).to(features.device)]


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


def transfer(task: Task, pair: Pair, plan: TransferPlan, descriptor: Descriptor) -> Transfer:
    """Match a pair's places by a descriptor. A pair with nothing in common asks for no descriptor."""
    if plan.is_empty:
        return Transfer(None, None)
    return match_places(plan, *describe(task, pair, plan, descriptor))


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

"""One pair, one task, one descriptor: what is described, matched and measured."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, UInt8
from torch import Tensor

from eval.descriptors.descriptors import Descriptor
from eval.transfer.keypoint_transfer import distances, find_keypoints
from eval.transfer.pairs import Pair
from eval.transfer.part_cosegmentation import find_parts, part_iou
from eval.transfer.pck import pck
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
    """Match the descriptors of a plan's places, on their device. Raises ValueError if one is not finite."""
    return Transfer(
        None if plan.keypoints is None else find_keypoints(plan.keypoints, source, target),
        None if plan.parts is None else find_parts(plan.parts, source, target),
    )


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
    away = np.zeros(0)
    if plan.keypoints is not None and matched.keypoints is not None:
        away = distances(plan.keypoints, matched.keypoints) / unit
    ious: tuple[tuple[int, float], ...] = ()
    if plan.parts is not None and matched.parts is not None:
        labels = plan.parts.labels
        ious = tuple(zip(labels, part_iou(matched.parts, plan.parts.target_label, labels), strict=True))
    return TransferResult(
        task=task,
        descriptor=descriptor,
        pair=pair,
        distances=tuple(float(distance) for distance in away),
        keypoint_ids=() if plan.keypoints is None else tuple(int(number) for number in plan.keypoints.ids),
        pck=pck(away, thresholds) if len(away) else None,
        part_iou=ious,
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

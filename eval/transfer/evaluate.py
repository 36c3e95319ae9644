"""One pair, one task, one descriptor: what is described, matched and measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Float, Float32, UInt8
from torch import Tensor

from eval.descriptors.descriptors import Descriptor
from eval.transfer.keypoint_transfer import KeypointTransfer, distances, find_keypoints, keypoint_transfer
from eval.transfer.pairs import Pair
from eval.transfer.part_cosegmentation import PartTransfer, find_parts, part_iou, part_transfer
from eval.transfer.pck import pck
from eval.transfer.transfer_plan import TransferPlan
from eval.transfer.transfer_result import Task, TransferResult
from eval.views import SeenPixels

ViewTask: TypeAlias = Literal["2d-cross-instance", "2d-novel-view"]


@dataclass(frozen=True)
class Transfer:
    """The matches in the target: a place for each common keypoint, a label for each labelled place.

    None where the pair has no such task.
    """

    keypoints: Float32[np.ndarray, "k d"] | None
    parts: UInt8[np.ndarray, " n"] | None


def transfer(plan: TransferPlan, source: Float[Tensor, "n c"], target: Float[Tensor, "m c"]) -> Transfer:
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
    unit: float,
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


def seen_pixels(task: ViewTask, pair: Pair, plan: TransferPlan) -> tuple[SeenPixels, SeenPixels]:
    """The pixels of a 2D plan's two sides. For a novel view the source's image alone is seen, also by the target."""
    seen = pair.source_view if task == "2d-novel-view" else pair.target_view
    return (
        SeenPixels(pair.source, pair.source_view, pair.source_view, plan.source_places),
        SeenPixels(pair.target, seen, pair.target_view, plan.target_places),
    )


def describe_views(
    task: ViewTask, pair: Pair, plan: TransferPlan, descriptor: Descriptor
) -> tuple[Float[Tensor, "n c"], Float[Tensor, "m c"]]:
    """The descriptors of a 2D plan's pixels."""
    source, target = seen_pixels(task, pair, plan)
    return (
        descriptor.at_pixels(source.key, source.seen, source.view, source.pixels),
        descriptor.at_pixels(target.key, target.seen, target.view, target.pixels),
    )


def describe_points(
    pair: Pair, plan: TransferPlan, descriptor: Descriptor
) -> tuple[Float[Tensor, "n c"], Float[Tensor, "m c"]]:
    """The descriptors of a 3D plan's points, each object known from its own image."""
    return (
        descriptor.at_points(pair.source, pair.source_view, plan.source_places),
        descriptor.at_points(pair.target, pair.target_view, plan.target_places),
    )


def evaluate_views(
    task: ViewTask, pair: Pair, plan: TransferPlan, descriptor: Descriptor, thresholds: Sequence[float]
) -> TransferResult:
    """Both transfers of a 2D plan; thresholds in pixels. A pair with nothing in common asks for no descriptor."""
    matched = Transfer(None, None)
    if not plan.is_empty:
        matched = transfer(plan, *describe_views(task, pair, plan, descriptor))
    return measure(task, descriptor.name, pair, plan, matched, thresholds, unit=1.0)


def evaluate_points(
    pair: Pair, plan: TransferPlan, descriptor: Descriptor, thresholds: Sequence[float], longest_edge: float
) -> TransferResult:
    """Both transfers of a 3D plan; thresholds in longest edges, of `longest_edge` world units each."""
    matched = Transfer(None, None)
    if not plan.is_empty:
        matched = transfer(plan, *describe_points(pair, plan, descriptor))
    return measure("3d-cross-instance", descriptor.name, pair, plan, matched, thresholds, unit=longest_edge)


def transfer_views(
    task: ViewTask, pair: Pair, plan: TransferPlan, descriptor: Descriptor
) -> tuple[KeypointTransfer | None, PartTransfer | None]:
    """Both transfers between two views as pictures show them; None for what the pair does not have."""
    if plan.is_empty:
        return None, None
    matched = transfer(plan, *describe_views(task, pair, plan, descriptor))
    keypoints = parts = None
    if plan.keypoints is not None and matched.keypoints is not None:
        keypoints = keypoint_transfer(plan.keypoints, matched.keypoints)
    if plan.parts is not None and matched.parts is not None:
        parts = part_transfer(plan, plan.parts, matched.parts)
    return keypoints, parts

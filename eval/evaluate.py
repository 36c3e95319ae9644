"""Transfer over pairs of views: one result for every pair and descriptor, and their means."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from eval.descriptors import Descriptor
from eval.keypoint_transfer import KeypointTransfer, transfer_keypoints
from eval.pairs import Pair
from eval.part_cosegmentation import PartTransfer, transfer_parts
from eval.pck import pck
from eval.views import LabelsOf


@dataclass(frozen=True)
class PairResult:
    """What one descriptor achieves on one pair.

    `distances` are pixels, one for each common keypoint; `pck` has one share for each threshold. Without a common
    keypoint `pck` is None, without a common part `iou` is None.
    """

    pair: Pair
    descriptor: str
    distances: tuple[float, ...]
    pck: tuple[float, ...] | None
    part_iou: tuple[tuple[int, float], ...]
    iou: float | None

    @property
    def common_keypoints(self) -> int:
        """How many keypoints both views show."""
        return len(self.distances)


@dataclass(frozen=True)
class TransferSummary:
    """Means over the pairs for which a metric is defined; the others are skipped and counted.

    `pck` has one mean share for each of `thresholds` (pixels, ascending as given). A mean over no pair is None.
    """

    descriptor: str
    pairs: int
    thresholds: tuple[float, ...]
    pck: tuple[float, ...] | None
    keypoint_pairs: int
    iou: float | None
    part_pairs: int


def keypoints_of_pair(pair: Pair, labels_of: LabelsOf, descriptor: Descriptor) -> KeypointTransfer | None:
    """The keypoints of a pair, transferred with one descriptor; None if it has none in common."""
    return transfer_keypoints(
        labels_of(pair.source, pair.source_view),
        labels_of(pair.target, pair.target_view),
        partial(descriptor.at, pair.source, pair.source_view),
        partial(descriptor.at, pair.target, pair.target_view),
    )


def parts_of_pair(pair: Pair, labels_of: LabelsOf, descriptor: Descriptor) -> PartTransfer | None:
    """The parts of a pair, transferred with one descriptor; None if it has none in common."""
    return transfer_parts(
        labels_of(pair.source, pair.source_view),
        labels_of(pair.target, pair.target_view),
        partial(descriptor.at, pair.source, pair.source_view),
        partial(descriptor.at, pair.target, pair.target_view),
    )


def evaluate_pair(pair: Pair, labels_of: LabelsOf, descriptor: Descriptor, thresholds: Sequence[float]) -> PairResult:
    """Both transfer tasks on one pair; thresholds in pixels."""
    keypoints = keypoints_of_pair(pair, labels_of, descriptor)
    parts = parts_of_pair(pair, labels_of, descriptor)
    return PairResult(
        pair=pair,
        descriptor=descriptor.name,
        distances=() if keypoints is None else tuple(float(d) for d in keypoints.distance),
        pck=None if keypoints is None else pck(keypoints.distance, thresholds),
        part_iou=() if parts is None else tuple(zip(parts.labels, parts.iou, strict=True)),
        iou=None if parts is None else parts.mean_iou,
    )


def evaluate_pairs(
    pairs: Iterable[Pair], labels_of: LabelsOf, descriptors: Sequence[Descriptor], thresholds: Sequence[float]
) -> tuple[PairResult, ...]:
    """Every descriptor on every pair, pair by pair, so that descriptors of one field share its renders."""
    return tuple(evaluate_pair(pair, labels_of, descriptor, thresholds) for pair in pairs for descriptor in descriptors)


def summarise(
    results: Sequence[PairResult], names: Sequence[str], thresholds: Sequence[float]
) -> tuple[TransferSummary, ...]:
    """The means of each descriptor in `names` over its pairs; without pairs there are no means."""
    return tuple(_summary(name, [r for r in results if r.descriptor == name], thresholds) for name in names)


def _summary(name: str, results: Sequence[PairResult], thresholds: Sequence[float]) -> TransferSummary:
    shares = [result.pck for result in results if result.pck is not None]
    ious = [result.iou for result in results if result.iou is not None]
    return TransferSummary(
        descriptor=name,
        pairs=len(results),
        thresholds=tuple(float(threshold) for threshold in thresholds),
        pck=tuple(float(mean) for mean in np.mean(shares, axis=0)) if shares else None,
        keypoint_pairs=len(shares),
        iou=float(np.mean(ious)) if ious else None,
        part_pairs=len(ious),
    )

"""2D part co-segmentation: the target's parts, read off the source's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64, UInt8

from eval.keypoint_transfer import PixelFeatures
from eval.similarity import most_similar
from eval.views import ViewLabels, labelled_pixels


@dataclass(frozen=True)
class PartTransfer:
    """The target's labelled pixels (row, column), the labels they were given, and IoU for each common label."""

    pixels: Int64[np.ndarray, "n 2"]
    found: UInt8[np.ndarray, " n"]
    labels: tuple[int, ...]
    iou: tuple[float, ...]

    @property
    def mean_iou(self) -> float:
        """The mean over the common labels."""
        return float(np.mean(self.iou))


def common_parts(source: ViewLabels, target: ViewLabels) -> tuple[int, ...]:
    """The part labels that both views show, ascending, without 0."""
    return tuple(int(label) for label in np.intersect1d(source.part, target.part) if label > 0)


def part_iou(found: UInt8[np.ndarray, " n"], true: UInt8[np.ndarray, " n"], labels: Sequence[int]) -> tuple[float, ...]:
    """Intersection over union of each label over the pixels given. Raises ValueError for a label that is in neither."""
    ious = []
    for label in labels:
        union = int(np.sum((found == label) | (true == label)))
        if union == 0:
            raise ValueError(f"IoU of part {label} is undefined: no pixel carries it")
        ious.append(int(np.sum((found == label) & (true == label))) / union)
    return tuple(ious)


def transfer_parts(
    source: ViewLabels, target: ViewLabels, source_features: PixelFeatures, target_features: PixelFeatures
) -> PartTransfer | None:
    """Each labelled target pixel takes the label of the most similar labelled source pixel (paper, section Evaluation).

    None if the views have no part in common.
    """
    labels = common_parts(source, target)
    if not labels:
        return None
    source_pixels, pixels = labelled_pixels(source), labelled_pixels(target)
    index = most_similar(target_features(pixels), source_features(source_pixels)).cpu().numpy()
    found = source.part[tuple(source_pixels[index].T)]
    return PartTransfer(pixels, found, labels, part_iou(found, target.part[tuple(pixels.T)], labels))

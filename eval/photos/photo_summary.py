"""Means over pairs of photos with their intervals: in each unit, over all pairs and by how much the viewpoint turns."""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.photos.photo_score import PHOTO_METRICS, THRESHOLDS, PhotoMetric, PhotoResult
from eval.photos.photo_transfer import TASK
from eval.statistics.summary import TransferDifference, TransferSummary, compare, summarise
from eval.transfer.chance import mean_chance

ALL = "all pairs"
VIEWPOINTS = ("small", "medium", "large")  # SPair-71k's viewpoint_variation 0, 1, 2


@dataclass(frozen=True)
class PhotoTable:
    """A row for each descriptor, at the thresholds of one metric, over the pairs of one group.

    The first descriptor is the field's own; `differences` are it less each other, on the same pairs. PCK is the mean
    over pairs of the share of each pair's keypoints.
    """

    metric: PhotoMetric
    group: str
    rows: tuple[TransferSummary, ...]
    differences: tuple[TransferDifference, ...]


def summarise_photos(results: Sequence[PhotoResult], descriptors: Sequence[str]) -> tuple[PhotoTable, ...]:
    """Make the tables of each metric: all pairs first, then those of each viewpoint variation that has pairs."""
    tables = []
    for metric in PHOTO_METRICS:
        tables.append(_table(metric, ALL, results, descriptors))
        for variation, size in enumerate(VIEWPOINTS):
            chosen = [result for result in results if result.viewpoint == variation]
            if chosen:
                tables.append(_table(metric, f"{size} viewpoint change", chosen, descriptors))
    return tuple(tables)


def _table(metric: PhotoMetric, group: str, results: Sequence[PhotoResult], descriptors: Sequence[str]) -> PhotoTable:
    thresholds = THRESHOLDS[metric]
    measured = [each for result in results for each in result.measured(metric)]
    rows = [summarise(measured, TASK, name, thresholds) for name in descriptors]
    rows.append(mean_chance([result.chances[metric] for result in results], TASK, thresholds))
    subject, *others = descriptors
    differences = [compare(measured, TASK, subject, other, thresholds) for other in others]
    return PhotoTable(metric, group, tuple(rows), tuple(differences))

"""Keypoint transfer between photos, by descriptors and matcher of the evaluation of rendered views, and its means."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from eval.descriptors.descriptors import Descriptor
from eval.descriptors.field_answers import FieldAnswers
from eval.photos.photo_score import PHOTO_METRICS, THRESHOLDS, PhotoMetric, PhotoResult, photo_units
from eval.photos.seen_photo import VIEW, PhotoOf, SeenPhoto, photo_labels
from eval.statistics.summary import TransferDifference, TransferSummary, compare, summarise
from eval.transfer.chance import chance_of, mean_chance
from eval.transfer.evaluate import evaluate_transfer
from eval.transfer.pairs import Pair
from eval.transfer.transfer_result import Task
from eval.transfer.view_transfer import plan_views
from eval.views import SeenPixels
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.spair.photo_pair import PhotoPair
from pipeline.progress import counted

TASK: Task = "2d-cross-instance"
ALL = "all pairs"
VIEWPOINTS = ("small", "medium", "large")  # SPair-71k's viewpoint_variation 0, 1, 2


@dataclass(frozen=True)
class PhotoResults:
    """The results of the pairs that could be measured, and why the others were not, by stem."""

    results: tuple[PhotoResult, ...]
    skipped: Mapping[str, str]


def photo_keys(pair: PhotoPair) -> tuple[ObjectKey, ObjectKey]:
    """Name the photos of a pair: category and name."""
    return ObjectKey(pair.category, pair.source.name), ObjectKey(pair.category, pair.target.name)


def see_photos(label: str, keys: Sequence[ObjectKey], photo_of: PhotoOf, answers: FieldAnswers) -> None:
    """Encode each photo and render its object's pixels, so that the pairs are quick. Bad photos are left to the pairs.

    `keys` are at most as many as `answers` keeps.
    """
    for key in counted(keys, label, "photos", total=True):
        with suppress(DatasetError):
            answers.render([_object_pixels(key, photo_of(key))])


def transfer_photos(
    label: str, pairs: Sequence[PhotoPair], photo_of: PhotoOf, descriptors: Sequence[Descriptor]
) -> PhotoResults:
    """Match the source keypoints of each pair among the pixels of the target's object, by every descriptor.

    Pairs whose photos raise DatasetError are skipped and named.
    """
    results, skipped = [], {}
    ordered = sorted(pairs, key=lambda pair: (pair.source.name, pair.target.name))
    for pair in counted(ordered, label, "pairs", total=True):
        try:
            results.append(_transfer(pair, photo_of, descriptors))
        except DatasetError as error:
            skipped[pair.stem] = str(error)
    return PhotoResults(tuple(results), skipped)


def _transfer(pair: PhotoPair, photo_of: PhotoOf, descriptors: Sequence[Descriptor]) -> PhotoResult:
    keys = photo_keys(pair)
    source, target = (photo_of(key) for key in keys)
    plan = plan_views(photo_labels(source, pair.source, pair.ids), photo_labels(target, pair.target, pair.ids))
    of_views = Pair(keys[0], VIEW, keys[1], VIEW)
    units = photo_units(target, pair.target)
    return PhotoResult(
        viewpoint=pair.viewpoint,
        units=units,
        results=tuple(
            evaluate_transfer(TASK, of_views, plan, descriptor, THRESHOLDS["pixels"])  # in framed pixels
            for descriptor in descriptors
        ),
        chances={metric: chance_of(plan, THRESHOLDS[metric], units[metric]) for metric in PHOTO_METRICS},
    )


def _object_pixels(key: ObjectKey, seen: SeenPhoto) -> SeenPixels:
    return SeenPixels(key, VIEW, VIEW, np.argwhere(seen.foreground).astype(np.int64))


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

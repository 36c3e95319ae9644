"""Keypoint transfer between photos, by the descriptors and the matcher of the evaluation of rendered views."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from eval.descriptors.descriptors import Descriptor
from eval.descriptors.field_answers import FieldAnswers
from eval.photos.photo_score import PHOTO_METRICS, THRESHOLDS, PhotoResult, photo_units
from eval.photos.seen_photo import VIEW, PhotoOf, SeenPhoto, photo_labels
from eval.transfer.chance import chance_of
from eval.transfer.evaluate import evaluate_transfer
from eval.transfer.pairs import Pair
from eval.transfer.transfer_result import Task
from eval.transfer.view_transfer import plan_views
from eval.views import SeenPixels
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.spair.photo_pair import PhotoPair
from pipeline.progress import Progress

TASK: Task = "2d-cross-instance"


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
    progress = Progress(label, len(keys), "photos")
    for key in keys:
        with suppress(DatasetError):
            answers.render([_object_pixels(key, photo_of(key))])
        progress.step()
    progress.close()


def transfer_photos(
    label: str, pairs: Sequence[PhotoPair], photo_of: PhotoOf, descriptors: Sequence[Descriptor]
) -> PhotoResults:
    """Match the source keypoints of each pair among the pixels of the target's object, by every descriptor.

    Pairs whose photos raise DatasetError are skipped and named.
    """
    results, skipped = [], {}
    progress = Progress(label, len(pairs), "pairs")
    for pair in sorted(pairs, key=lambda pair: (pair.source.name, pair.target.name)):
        try:
            results.append(_transfer(pair, photo_of, descriptors))
        except DatasetError as error:
            skipped[pair.stem] = str(error)
        progress.step()
    progress.close()
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

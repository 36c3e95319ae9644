"""Measure a field on the pairs of photographs of SPair-71k."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TypeAlias

import numpy as np
from jaxtyping import Float32

from eval.descriptors.descriptors import Descriptor, FieldDescriptor
from eval.descriptors.field_answers import FieldAnswers
from eval.photos.other_methods import OtherMethod
from eval.photos.photo_statistics import PhotoStatistics
from eval.photos.photo_transfer import photo_keys, see_photos, summarise_photos, transfer_photos
from eval.photos.seen_photo import SeenPhoto
from featurenerf.field import Field
from featurenerf.measured.box_position import box_position, photo_map_descriptor
from featurenerf.measured.spair_photos import CutOut, PhotoCamera, SpairPhotos
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.spair.photo_pair import PhotoPair
from pipeline.datasets.spair.spair_folder import PhotoSplit, SpairFolder
from pipeline.errors import UserError

KEPT_BYTES = 1 << 31  # of rendered features: SPair-71k has at most 60 photos of a category in a split
# From a photo and its name to a feature map of the framed image.
PhotoMap: TypeAlias = Callable[[SeenPhoto, str], Float32[np.ndarray, "r c channels"]]


@dataclass(frozen=True)
class PhotoPairs:
    """Pairs to measure: of a category by SPair-71k's name, at most `limit` at even distances in the list."""

    category: str
    split: PhotoSplit = "test"
    layout: str = "large"
    limit: int | None = None


def evaluate_photos(
    field: Field,
    folder: SpairFolder,
    asked: PhotoPairs,
    camera: PhotoCamera,
    cut_out: CutOut = "segmentation",
    teacher_maps: Mapping[str, PhotoMap] | None = None,
    others: Sequence[OtherMethod] = (),
) -> PhotoStatistics:
    """Measure keypoint transfer between photos by the field's features, the controls, and teachers' own maps.

    Every photo is cut out and framed as training views are, and seen once. Rows of `others` are kept if they are of
    the category. Bad pairs and photos are recorded and skipped. Raises UserError if the folder lists no such pair, if
    none can be measured, or if the model cannot see photos.
    """
    pairs, unread = read_pairs(folder, asked)
    annotated = {photo.name: photo for pair in pairs for photo in (pair.source, pair.target)}
    photos = SpairPhotos(field, folder, annotated, camera, cut_out)
    keys = list(dict.fromkeys(key for pair in pairs for key in photo_keys(pair)))
    answers = FieldAnswers(field.renderer, lambda key, _view: photos(key).posed, capacity_of(field))
    descriptors = _descriptors(field, photos, answers, teacher_maps or {})
    if len(keys) <= capacity_of(field):
        see_photos(f"evaluate-photos: {asked.category}", keys, photos, answers)
    measured = transfer_photos(f"evaluate-photos: {asked.category}", pairs, photos, descriptors)
    skipped = {**unread, **measured.skipped}
    if not measured.results:
        stem, reason = next(iter(skipped.items()))
        raise UserError(f"no pair of {asked.category} could be measured; {stem}: {reason}.")
    return PhotoStatistics(
        model=field.renderer.field.digest,
        category=asked.category,
        split=asked.split,
        layout=asked.layout,
        size=field.camera.size,
        framing=field.renderer.field.framing or 1.0,
        camera=str(camera),
        cut_out=cut_out,
        photos=len(keys),
        pairs=len(measured.results),
        boxed=photos.boxed,
        skipped=skipped,
        tables=summarise_photos(measured.results, [descriptor.name for descriptor in descriptors]),
        others=tuple(other for other in others if other.category == asked.category),
    )


def read_pairs(folder: SpairFolder, asked: PhotoPairs) -> tuple[list[PhotoPair], dict[str, str]]:
    """Read the pairs, and say by stem why others cannot be read. Raises UserError if none is listed."""
    stems = folder.stems(asked.category, asked.split, asked.layout)
    count = len(stems) if asked.limit is None else min(asked.limit, len(stems))
    pairs, unread = [], {}
    for index in np.linspace(0, len(stems) - 1, count).astype(int):
        try:
            pairs.append(folder.read_pair(asked.category, asked.split, stems[index]))
        except DatasetError as error:
            unread[stems[index]] = str(error)
    return pairs, unread


def capacity_of(field: Field) -> int:
    """Compute how many photos' features are kept at once, so that they take 2 GiB at most, and never fewer than 2."""
    settings, trained = field.settings, field.renderer.field
    channels = settings.width + trained.model.network.feature.out_features + 8
    return max(2, KEPT_BYTES // (4 * channels * field.camera.size**2))


def _descriptors(
    field: Field, photos: SpairPhotos, answers: FieldAnswers, teacher_maps: Mapping[str, PhotoMap]
) -> list[Descriptor]:
    descriptors: list[Descriptor] = [FieldDescriptor("internal", answers)]
    if field.settings.feature_weight > 0:
        descriptors.append(FieldDescriptor("distilled", answers))
    for name, map_of in teacher_maps.items():
        of_photo = cache(partial(_photo_map, map_of, photos))
        descriptors.append(photo_map_descriptor(f"{name} map", of_photo, photos, field.device))
    descriptors.append(box_position(photos, field.camera.size, field.device))
    return descriptors


def _photo_map(
    map_of: PhotoMap, photos: SpairPhotos, key: ObjectKey, _view: int
) -> Float32[np.ndarray, "r c channels"]:
    return map_of(photos(key), str(key))

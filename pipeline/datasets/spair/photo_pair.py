"""A pair of SPair-71k: two photos of one category, and the keypoints that both show."""

import math
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Float64, Int64

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import checked_name
from pipeline.stores.typed_json import parse_json

MOST_KEYPOINTS = 30  # of a category; ids are 0 to 29
LONGEST_SIDE = 1 << 13  # of a photo, in pixels; those of the data set have 500
ENDING = ".jpg"


@dataclass(frozen=True)
class AnnotatedPhoto:
    """A photo of a pair, as the annotation has it.

    `name` has no ending. `size` is (width, height). `box` is (x1, y1, x2, y2) as in PASCAL VOC: pixels counted from 1,
    both corners inside. `keypoints` are continuous pixels (u, v): the annotation's x, y are taken as a pixel's index
    from 0, whose centre is at + 0.5.
    """

    name: str
    size: tuple[int, int]
    box: tuple[float, float, float, float]
    keypoints: Float64[np.ndarray, "k 2"]

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.size[1], self.size[0]

    @property
    def box_side(self) -> float:
        """The longer side of the box as the official PCK takes it: x2 - x1 or y2 - y1, in pixels."""
        return max(self.box[2] - self.box[0], self.box[3] - self.box[1])


@dataclass(frozen=True)
class PhotoPair:
    """Two photos and their common keypoints, in the order of the semantic `ids`, which ascend.

    The variations are 0 (easy) to 2 (hard). `truncation` and `occlusion` are 0 none, 1 source, 2 target, 3 both.
    """

    stem: str
    category: str
    source: AnnotatedPhoto
    target: AnnotatedPhoto
    ids: Int64[np.ndarray, " k"]
    viewpoint: int
    scale: int
    truncation: int
    occlusion: int


@dataclass(frozen=True)
class _Record:
    """The annotation's keys that are read. A keypoint may be null."""

    src_imname: str
    trg_imname: str
    src_imsize: tuple[int, int, int]
    trg_imsize: tuple[int, int, int]
    src_bndbox: tuple[float, float, float, float]
    trg_bndbox: tuple[float, float, float, float]
    category: str
    src_kps: tuple[tuple[float, float] | None, ...]
    trg_kps: tuple[tuple[float, float] | None, ...]
    kps_ids: tuple[str, ...]
    viewpoint_variation: int
    scale_variation: int
    truncation: int
    occlusion: int


def parse_pair(content: bytes, stem: str, file: PurePosixPath) -> PhotoPair:
    """Parse a pair annotation. Keypoints that are null on a side are left out on both.

    Raises DatasetError, which names the key, for what is not as the format says, and for a pair without a keypoint.
    """
    try:
        record = parse_json(content, _Record)
    except ValueError as error:
        raise DatasetError(file, "annotation", f"is no pair: {str(error)[:200]}") from None
    count = len(record.kps_ids)
    if not (len(record.src_kps) == len(record.trg_kps) == count <= MOST_KEYPOINTS):
        lengths = f"{len(record.src_kps)} and {len(record.trg_kps)} keypoints and {count} ids"
        raise DatasetError(file, "kps_ids", f"does not fit: {lengths}, at most {MOST_KEYPOINTS} of each")
    ids = [_id(text, file) for text in record.kps_ids]
    if len(set(ids)) != count:
        raise DatasetError(file, "kps_ids", "names a keypoint twice")
    both = [
        (number, source, target)
        for number, source, target in sorted(zip(ids, record.src_kps, record.trg_kps, strict=True), key=lambda t: t[0])
        if source is not None and target is not None
    ]
    if not both:
        raise DatasetError(file, "kps_ids", "is empty: the pair has no common keypoint")
    for name in ("viewpoint_variation", "scale_variation", "truncation", "occlusion"):
        if not 0 <= getattr(record, name) <= 3:
            raise DatasetError(file, name, f"is {getattr(record, name)}, not 0 to 3")
    sides = []
    for side, column in (("src", 1), ("trg", 2)):
        places = np.array([row[column] for row in both], dtype=np.float64)
        image, size, box = (getattr(record, f"{side}_{name}") for name in ("imname", "imsize", "bndbox"))
        sides.append(_photo(side, image, size[:2], box, places, file))
    return PhotoPair(
        stem=stem,
        category=checked_name(record.category, file, "category"),
        source=sides[0],
        target=sides[1],
        ids=np.array([row[0] for row in both], dtype=np.int64),
        viewpoint=record.viewpoint_variation,
        scale=record.scale_variation,
        truncation=record.truncation,
        occlusion=record.occlusion,
    )


def _photo(
    side: str,
    image: str,
    size: tuple[int, int],
    box: tuple[float, float, float, float],
    keypoints: Float64[np.ndarray, "k 2"],
    file: PurePosixPath,
) -> AnnotatedPhoto:
    if not image.endswith(ENDING):
        raise DatasetError(file, f"{side}_imname", f"{image[:80]!r} is no name of a {ENDING} file")
    width, height = size
    if not (0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE):
        raise DatasetError(file, f"{side}_imsize", f"is {width} x {height}, not 1 to {LONGEST_SIDE} pixels a side")
    left, top, right, bottom = box
    # The first pixel is 1 by VOC's count; 0 and the size itself are met as well.
    if not (all(map(math.isfinite, box)) and 0 <= left < right <= width and 0 <= top < bottom <= height):
        raise DatasetError(file, f"{side}_bndbox", f"is no box within {width} x {height} pixels: {list(box)}")
    if not (np.isfinite(keypoints).all() and (keypoints >= 0).all() and (keypoints <= (width, height)).all()):
        raise DatasetError(file, f"{side}_kps", f"has a keypoint outside of the {width} x {height} pixels")
    name = checked_name(image.removesuffix(ENDING), file, f"{side}_imname")
    return AnnotatedPhoto(name, (width, height), box, keypoints + 0.5)


def _id(text: str, file: PurePosixPath) -> int:
    """Parse a keypoint's id, which is a string such as "7"."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 2 and int(text) < MOST_KEYPOINTS):
        raise DatasetError(file, "kps_ids", f"{text[:80]!r} is no id from 0 to {MOST_KEYPOINTS - 1}")
    return int(text)

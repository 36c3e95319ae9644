"""Labels beside a CO3D sequence: a form of this project's own, no part of CO3D, which has none.

`<category>/part_names.json` holds a list `part_names`; without it a category has no labels.
`<category>/<sequence>/labels.json` holds the labels of a sequence in its own world and in pixels of its photographs.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import Keypoints, PartPoints
from pipeline.datasets.text_files import OBJECT_JSON_BYTES, read_bytes
from pipeline.datasets.views.checked_camera import LARGEST_DISTANCE
from pipeline.stores.typed_json import parse_json

Point = tuple[float, float, float]

LARGEST_ID = 255  # of keypoints; KeypointNet has at most 24


@dataclass(frozen=True)
class _PartNames:
    part_names: tuple[str, ...]


@dataclass(frozen=True)
class FrameLabels:
    """Labels of a photograph: a picture of part numbers, and where each keypoint is seen, null where it is not."""

    frame_number: int
    part: str | None
    keypoints: dict[int, tuple[float, float]]


@dataclass(frozen=True)
class SequenceLabels:
    """The content of labels.json. Keypoints are by semantic id; labels of parts count from 1 in part_names' order."""

    keypoints: dict[int, Point]
    candidates: tuple[Point, ...]
    part_points: tuple[Point, ...]
    part_labels: tuple[int, ...]
    frames: tuple[FrameLabels, ...]


def part_names_file(category: str) -> PurePosixPath:
    """The file of the names of a category's parts, relative to the root."""
    return PurePosixPath(category, "part_names.json")


def labels_file(category: str, sequence: str) -> PurePosixPath:
    """The file of a sequence's labels, relative to the root."""
    return PurePosixPath(category, sequence, "labels.json")


def read_part_names(root: Path, category: str) -> tuple[str, ...]:
    """The names of a category's parts; none without the file. Raises DatasetError if it holds none."""
    file = part_names_file(category)
    if not (root / file).is_file():
        return ()
    try:
        names = parse_json(read_bytes(root, file, OBJECT_JSON_BYTES), _PartNames).part_names
    except ValueError as error:
        raise DatasetError(file, "file", f"holds no part_names: {error}") from None
    if (
        not all(name.strip() and name.isprintable() for name in names)
        or not len(set(names)) == len(names) <= LARGEST_ID
    ):
        raise DatasetError(file, "part_names", f"are no {LARGEST_ID} different names at most")
    return names


def read_sequence_labels(root: Path, file: PurePosixPath) -> SequenceLabels:
    """Read labels.json. Raises DatasetError for a file that is missing or not of this form."""
    try:
        labels = parse_json(read_bytes(root, file, OBJECT_JSON_BYTES), SequenceLabels, strict=False)
    except ValueError as error:
        raise DatasetError(file, "file", f"is no file of labels: {error}") from None
    if len(labels.part_points) != len(labels.part_labels):
        raise DatasetError(file, "part_labels", "are not as many as part_points")
    ids = {*labels.keypoints, *(number for frame in labels.frames for number in frame.keypoints)}
    if not all(0 <= number <= LARGEST_ID for number in ids):
        raise DatasetError(file, "keypoints", f"have a semantic id outside 0..{LARGEST_ID}")
    if not all(0 <= label <= LARGEST_ID for label in labels.part_labels):
        raise DatasetError(file, "part_labels", f"lie outside 0..{LARGEST_ID}")
    if any(number not in labels.keypoints for frame in labels.frames for number in frame.keypoints):
        raise DatasetError(file, "frames", "have a keypoint that keypoints does not have")
    points = [*labels.keypoints.values(), *labels.candidates, *labels.part_points]
    pixels = [pixel for frame in labels.frames for pixel in frame.keypoints.values()]
    if not all(abs(number) <= LARGEST_DISTANCE for place in (*points, *pixels) for number in place):
        raise DatasetError(file, "file", f"holds a coordinate that is not finite or beyond {LARGEST_DISTANCE:g}")
    return labels


def keypoints_record(labels: SequenceLabels) -> Keypoints:
    """The keypoints in 3D, by ascending semantic id."""
    ids = sorted(labels.keypoints)
    return Keypoints(
        _points(tuple(labels.keypoints[number] for number in ids)), np.array(ids, np.int64), _points(labels.candidates)
    )


def part_points_record(labels: SequenceLabels) -> PartPoints:
    """The labelled points in 3D."""
    return PartPoints(_points(labels.part_points), np.array(labels.part_labels, np.uint8))


def seen_keypoints(frames: list[FrameLabels], count: int) -> Float64[np.ndarray, "views k 2"]:
    """Where keypoints 0 .. count - 1 are seen in continuous pixels, NaN where they are not."""
    uv = np.full((len(frames), count, 2), np.nan)
    for view, frame in enumerate(frames):
        for number, point in frame.keypoints.items():
            uv[view, number] = point
    return uv


def _points(points: tuple[Point, ...]) -> Float64[np.ndarray, "n 3"]:
    return np.array(points, dtype=np.float64).reshape(-1, 3)

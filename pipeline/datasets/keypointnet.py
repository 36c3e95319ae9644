"""KeypointNet: semantic keypoints on ShapeNetCore v2 models, in the coordinates of v2's obj files.

`annotations/<category>.json` holds every model of a category (an older release has one `annotations/all.json`, whose
entries say their category in `class_id`), `pcds/<synset>/<id>.pcd` 2048 points on one model.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from pipeline.datasets.categories import Category
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import is_safe_name, object_folder
from pipeline.datasets.records import Keypoints, ObjectKey
from pipeline.datasets.text_files import read_json, read_lines
from pipeline.datasets.text_tables import LARGEST_NUMBER, parse_table
from pipeline.errors import UserError

# Stores hold one row for every id up to the largest, so an absurd id must not size them. Published ids end at about 25.
_LARGEST_SEMANTIC_ID = 255
OLDER = PurePosixPath("annotations") / "all.json"


@dataclass(frozen=True)
class CategoryKeypoints:
    """A category's keypoints by model id, and for each entry that was refused, by its model id, the error."""

    keypoints: Mapping[str, Keypoints]
    rejected: Mapping[str, DatasetError]


def read_keypoints(root: Path, category: Category) -> CategoryKeypoints:
    """Read a category's annotations. Candidates are the keypoints themselves until `with_candidates` reads others.

    An entry without keypoints, with a number that is none, with a semantic id twice, of another class or of a model
    that another entry has too is refused. Of `all.json`, entries of other classes are none of this category's.
    Raises UserError if both files are missing, or the file is no list.
    """
    file = annotation_file(root, category)
    try:
        entries = read_json(root, file)
    except DatasetError as error:
        raise _no_annotations(root, error) from None
    if not isinstance(entries, list):
        raise UserError(f"source.keypointnet_root: {root / file} holds no list of models; download it again.")
    if file == OLDER:
        entries = [entry for entry in entries if isinstance(entry, dict) and entry.get("class_id") == category.synset]
    names = [_model_id(entry, place) for place, entry in enumerate(entries)]
    uses = Counter(names)
    keypoints: dict[str, Keypoints] = {}
    rejected: dict[str, DatasetError] = {}
    for name, entry in zip(names, entries, strict=True):
        try:
            if uses[name] > 1:
                raise DatasetError(file, "model_id", "the file holds this model more than once")
            if name.startswith("entry "):
                raise DatasetError(file, "model_id", "is missing or no valid id")
            keypoints[name] = _parse_entry(entry, category, file)
        except DatasetError as error:
            rejected[name] = error
    return CategoryKeypoints(keypoints, rejected)


def annotation_file(root: Path, category: Category) -> PurePosixPath:
    """Find the file of a category's annotations, relative to the root. Raises UserError if there is none."""
    file = PurePosixPath("annotations") / f"{category.keypointnet}.json"
    for name in (file, OLDER):
        if (root / name).is_file():
            return name
    raise _no_annotations(root, DatasetError(file, "file", "is missing"))


def _no_annotations(root: Path, error: DatasetError) -> UserError:
    return UserError(
        f"source.keypointnet_root: in {root}, {error}; name the folder that holds KeypointNet's annotations/."
    )


def with_candidates(root: Path, key: ObjectKey, keypoints: Keypoints) -> Keypoints:
    """Replace the candidates by the points of the model's pcd file, if it has one.

    Raises DatasetError for a pcd file that holds no table of points.
    """
    file = PurePosixPath("pcds") / object_folder(key).with_name(f"{key.id}.pcd")
    if not (root / file).is_file():
        return keypoints
    header, mark, body = read_lines(root, file).partition(b"DATA ascii")
    if not mark:
        raise DatasetError(file, "DATA", "is not ascii")
    above = b"\n" * header.count(b"\n")  # so that messages count the file's lines
    points = parse_table(above + body, 3, file, "x y z")
    declared = [line.split()[1:] for line in header.split(b"\n") if line.startswith(b"POINTS ")]
    if not len(points) or declared != [[str(len(points)).encode()]]:
        raise DatasetError(file, "POINTS", f"the header does not announce the {len(points)} rows that follow")
    return replace(keypoints, candidates=points)


def _model_id(entry: Any, place: int) -> str:
    """The entry's model id, or its place in the file where it has none that could name a model."""
    name = entry.get("model_id") if isinstance(entry, dict) else None
    return name if isinstance(name, str) and is_safe_name(name) else f"entry {place}"


def _parse_entry(entry: Any, category: Category, file: PurePosixPath) -> Keypoints:
    if entry.get("class_id") != category.synset:
        raise DatasetError(file, "class_id", f"is {entry.get('class_id')!r}, not {category.synset}")
    points = entry.get("keypoints")
    if not isinstance(points, list) or not points or not all(isinstance(point, dict) for point in points):
        raise DatasetError(file, "keypoints", "is no list of keypoints, or an empty one")
    ids = [point.get("semantic_id") for point in points]
    # type() and not isinstance(): true and false are no ids.
    if not all(type(number) is int and 0 <= number <= _LARGEST_SEMANTIC_ID for number in ids):
        raise DatasetError(file, "semantic_id", f"is no integer of 0..{_LARGEST_SEMANTIC_ID}")
    if len(set(ids)) < len(ids):
        raise DatasetError(file, "semantic_id", "occurs twice in one model")
    try:
        xyz = np.array([point.get("xyz") for point in points], dtype=np.float64)
    except (TypeError, ValueError):
        raise DatasetError(file, "xyz", "is no list of three numbers") from None
    if xyz.shape != (len(points), 3) or not (np.abs(xyz) <= LARGEST_NUMBER).all():
        raise DatasetError(file, "xyz", f"is no list of three finite numbers within {LARGEST_NUMBER:g}")
    return Keypoints(xyz, np.array(ids, dtype=np.int64), xyz)

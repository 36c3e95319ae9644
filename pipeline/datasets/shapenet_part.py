"""ShapeNet part, release v0: `<synset>/points/<id>.pts` and `<synset>/points_label/<id>.seg`.

Points are a sample of the ShapeNetCore v1 surface in v1's coordinates; labels count from 1 within their category.
"""

from pathlib import Path, PurePosixPath

import numpy as np

from pipeline.categories import CATEGORIES
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import object_folder
from pipeline.datasets.records import ObjectKey, PartPoints
from pipeline.datasets.text_files import parse_floats, parse_integers, read_text, rows_of


def read_parts(root: Path, key: ObjectKey) -> PartPoints | None:
    """The annotated points of an object of a category whose parts come from here; None if either file is absent.

    Raises DatasetError for files that disagree in length or a label outside 1..parts, ValueError for a category whose
    `Category.part_names` are those of another data set.
    """
    parts = {c.synset: len(c.part_names) for c in CATEGORIES if c.parts_from == "shapenet-part"}
    if key.synset not in parts:
        raise ValueError(f"the parts of synset {key.synset} do not come from ShapeNet part")
    folder = object_folder(key).parent
    point_file: PurePosixPath = folder / "points" / f"{key.id}.pts"
    label_file: PurePosixPath = folder / "points_label" / f"{key.id}.seg"
    if not (root / point_file).is_file() or not (root / label_file).is_file():
        return None
    xyz = parse_floats(rows_of(read_text(root, point_file)), 3, point_file, "x y z")
    label = parse_integers(rows_of(read_text(root, label_file)), label_file, "label")
    if not len(xyz):
        raise DatasetError(point_file, "x y z", "there are no points")
    if len(label) != len(xyz):
        raise DatasetError(label_file, "label", f"there are {len(label)} labels for {len(xyz)} points")
    if label.min() < 1 or label.max() > parts[key.synset]:
        raise DatasetError(label_file, "label", f"{label.min()}..{label.max()} is not within 1..{parts[key.synset]}")
    return PartPoints(xyz, label.astype(np.uint8))

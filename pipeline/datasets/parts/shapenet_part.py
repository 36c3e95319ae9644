"""ShapeNet part: points are a sample of the ShapeNetCore v1 surface in v1's coordinates.

Release v0 has `<synset>/points/<id>.pts` and `<synset>/points_label/<id>.seg`; labels count from 1 within a category.
The later release with normals has `<synset>/<id>.txt`, rows `x y z nx ny nz label`; labels count from 0 through all 16
categories, written as floats.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.alignment import PlacedMesh, world_from_shapenet_part
from pipeline.datasets.categories import Category
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import object_folder
from pipeline.datasets.parts.part_source import labelled_points
from pipeline.datasets.records import ObjectKey, PartPoints
from pipeline.datasets.text_files import read_lines
from pipeline.datasets.text_tables import parse_column, parse_table

# Of the release with normals: the first label of each of our categories; parts stand in the order of release v0.
FIRST_LABEL = {"Airplane": 0, "Car": 8, "Chair": 12, "Motorbike": 30, "Table": 47}


@dataclass(frozen=True)
class ShapeNetPart:
    """Release v0 of one category below the folder that holds the synset folders. A PartSource."""

    dataset: ClassVar[str] = "shapenet-part"
    root: Path
    category: Category

    @property
    def part_names(self) -> tuple[str, ...]:
        """The data set's names of the category's parts."""
        return self.category.shapenet_part_names

    def read(self, key: ObjectKey) -> PartPoints | None:
        """Read the annotated points of an object in v1's frame; None if both files are absent.

        Raises DatasetError for one file without the other, files that disagree in length, a label outside 1..parts.
        """
        folder = object_folder(key).parent
        point_file, label_file = folder / "points" / f"{key.id}.pts", folder / "points_label" / f"{key.id}.seg"
        there = [(self.root / file).exists() for file in (point_file, label_file)]
        if key.synset != self.category.synset or not any(there):
            return None
        xyz = parse_table(read_lines(self.root, point_file), 3, point_file, "x y z")
        label = parse_column(read_lines(self.root, label_file), label_file, "label")
        return labelled_points(xyz, label, 1, len(self.part_names), label_file)

    def world_from_source(
        self,
        key: ObjectKey,  # noqa: ARG002  the interface's
        parts: PartPoints,  # noqa: ARG002
        mesh: PlacedMesh,
    ) -> Float64[np.ndarray, "4 4"]:
        """The map of `world_from_shapenet_part`."""
        return world_from_shapenet_part(mesh)


@dataclass(frozen=True)
class ShapeNetPartNormal(ShapeNetPart):
    """The release with normals of one category, below the same folder. A PartSource."""

    def read(self, key: ObjectKey) -> PartPoints | None:
        """Read the annotated points of an object in v1's frame; None if its file is absent.

        Raises DatasetError for a label that is no whole number or another category's.
        """
        folder = object_folder(key)
        file = folder.with_name(f"{key.id}.txt")
        if key.synset != self.category.synset or not (self.root / file).is_file():
            return None
        rows = parse_table(read_lines(self.root, file), 7, file, "x y z nx ny nz label")
        label = rows[:, 6]
        # A bound, so that the conversion below is exact.
        if not ((label == np.round(label)) & (np.abs(label) < 1000)).all():
            raise DatasetError(file, "label", "is no column of whole numbers below 1000")
        own = label.astype(np.int64) - FIRST_LABEL[str(self.category.shapenet_part)] + 1
        return labelled_points(np.ascontiguousarray(rows[:, :3]), own, 1, len(self.part_names), file)

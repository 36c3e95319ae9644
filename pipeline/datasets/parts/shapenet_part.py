"""ShapeNet part, release v0: `<synset>/points/<id>.pts` and `<synset>/points_label/<id>.seg`.

Points are a sample of the ShapeNetCore v1 surface in v1's coordinates; labels count from 1 within their category.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from jaxtyping import Float64

from pipeline.datasets.alignment import PlacedMesh, world_from_shapenet_part
from pipeline.datasets.categories import Category
from pipeline.datasets.file_names import object_folder
from pipeline.datasets.parts.labelled_points import labelled_points
from pipeline.datasets.records import ObjectKey, PartPoints
from pipeline.datasets.text_files import read_lines
from pipeline.datasets.text_tables import parse_column, parse_table


@dataclass(frozen=True)
class ShapeNetPart:
    """The annotations of one category below the folder that holds the synset folders. A PartSource."""

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

"""ShapeNet part, the later release with normals: `<synset>/<id>.txt`, rows `x y z nx ny nz label`.

Points are in ShapeNetCore v1's coordinates; labels count from 0 through all 16 categories, written as floats.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import object_folder
from pipeline.datasets.parts.labelled_points import labelled_points
from pipeline.datasets.parts.shapenet_part import ShapeNetPart
from pipeline.datasets.records import ObjectKey, PartPoints
from pipeline.datasets.text_files import read_lines
from pipeline.datasets.text_tables import parse_table

# The first label of each category; the categories stand in alphabetical order, their parts as in release v0.
FIRST_LABEL = {
    "Airplane": 0,
    "Bag": 4,
    "Cap": 6,
    "Car": 8,
    "Chair": 12,
    "Earphone": 16,
    "Guitar": 19,
    "Knife": 22,
    "Lamp": 24,
    "Laptop": 28,
    "Motorbike": 30,
    "Mug": 36,
    "Pistol": 38,
    "Rocket": 41,
    "Skateboard": 44,
    "Table": 47,
}


@dataclass(frozen=True)
class ShapeNetPartNormal(ShapeNetPart):
    """The annotations of one category below the folder that holds the synset folders. A PartSource."""

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

"""The folder of SPair-71k: lists of pairs, their annotations, photos and segmentations.

`Layout/{large,small}/{trn,val,test}.txt` lists pairs, one stem a line; `PairAnnotation/<split>/<stem>.json` is a pair;
`JPEGImages/<category>/<name>.jpg` a photo; `Segmentation/<category>/<name>.png` where its objects are. A stem is
`<pair>-<source>-<target>:<category>`.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Bool, UInt8

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import checked_name
from pipeline.datasets.picture_file import read_indices, read_rgba
from pipeline.datasets.spair.object_mask import box_mask, object_mask
from pipeline.datasets.spair.photo_pair import ENDING, AnnotatedPhoto, PhotoPair, parse_pair
from pipeline.datasets.text_files import filled_lines, read_bytes, read_text
from pipeline.errors import UserError

PhotoSplit: TypeAlias = Literal["trn", "val", "test"]
ANNOTATION_BYTES = 1 << 20
# The names of PASCAL VOC; SPair-71k has no table.
CATEGORIES = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "dog", "horse", "motorbike",
    "person", "pottedplant", "sheep", "train", "tvmonitor",
)  # fmt: skip
OUR_NAMES = {"plane": "aeroplane", "motorcycle": "motorbike"}


@dataclass(frozen=True)
class SpairFolder:
    """SPair-71k below `root`. Small, and can be pickled."""

    root: Path

    def stems(self, category: str, split: PhotoSplit, layout: str = "large") -> tuple[str, ...]:
        """List the pairs of a category in the list's order. Raises UserError if the list is missing or has none."""
        file = PurePosixPath("Layout", layout, f"{split}.txt")
        try:
            lines = filled_lines(read_text(self.root, file))
        except DatasetError as error:
            raise UserError(
                f"{self.root / file} {error.reason}: give the folder of SPair-71k, which holds Layout, PairAnnotation, "
                f"JPEGImages and Segmentation."
            ) from None
        stems = tuple(line.strip() for line in lines if line.strip().rpartition(":")[2] == category)
        if not stems:
            raise UserError(f"{self.root / file} lists no pair of the category '{category}': choose another split.")
        return stems

    def read_pair(self, category: str, split: PhotoSplit, stem: str) -> PhotoPair:
        """Read a pair. Raises DatasetError if it is missing, damaged, or of another category."""
        folder = PurePosixPath("PairAnnotation", split)
        name, _, ending = stem.rpartition(":")
        checked_name(name, folder, "stem")
        checked_name(ending, folder, "stem")
        file = folder / f"{stem}.json"
        pair = parse_pair(read_bytes(self.root, file, ANNOTATION_BYTES), stem, file)
        if pair.category != category:
            raise DatasetError(file, "category", f"is {pair.category}, not {category}")
        return pair

    def read_photo(self, category: str, photo: AnnotatedPhoto) -> UInt8[np.ndarray, "h w 3"]:
        """Read a photo as stored, which is how annotations count its pixels. Raises DatasetError."""
        file = PurePosixPath("JPEGImages", category, photo.name + ENDING)
        return read_rgba(self.root, file, photo.shape)[..., :3]

    def read_mask(self, category: str, photo: AnnotatedPhoto) -> Bool[np.ndarray, "h w"] | None:
        """Read where the annotated object is; None if there is no segmentation, or none of the object in its box.

        Raises DatasetError for a damaged segmentation.
        """
        file = PurePosixPath("Segmentation", category, f"{photo.name}.png")
        if not (self.root / file).exists():
            return None
        return object_mask(read_indices(self.root, file, photo.shape), box_mask(photo))


def spair_category(name: str) -> str:
    """Return SPair-71k's name of a category of ours, or of its own. Raises UserError if it has no such category."""
    named = OUR_NAMES.get(name, name)
    if named not in CATEGORIES:
        raise UserError(f"SPair-71k has no category '{name}'; its categories are {', '.join(CATEGORIES)}.")
    return named

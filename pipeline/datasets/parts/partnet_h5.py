"""PartNet's h5 release for semantic segmentation: `sem_seg_h5/<Cat>-1/<split>-NN.h5`, clouds of 10,000 points.

A file holds up to 1024 shapes: `data` (n, 10000, 3), `data_num` (n), how many of the points count, and `label_seg`
(n, 10000), classes of level 1 from 1, 0 = other. Clouds are turned as in the folders and normalised once more: the
box's centre at the origin, the largest radius 1.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

import h5py
import numpy as np
from jaxtyping import Float64

from pipeline.datasets.alignment import PlacedMesh, point_bounds, world_from_partnet
from pipeline.datasets.categories import Category
from pipeline.datasets.errors import DatasetError, raise_machine_error
from pipeline.datasets.file_names import object_folder
from pipeline.datasets.numpy_files.npz_file import FILE_BYTES
from pipeline.datasets.parts.part_source import labelled_points
from pipeline.datasets.parts.partnet_stats import SPLITS, read_split, split_file
from pipeline.datasets.records import ObjectKey, PartPoints
from pipeline.datasets.text_files import plain_file, read_json
from pipeline.datasets.text_tables import LARGEST_NUMBER
from pipeline.errors import UserError

_CLOUDS = PurePosixPath("sem_seg_h5")
_MOST_BYTES = 2**32  # of one dataset; a published one has 0.12e9
_MOST_CHUNK_BYTES = 2**28  # HDF5 unpacks whole chunks, whatever is read of them; a whole published dataset has less
_MOST_POINTS = 1_000_000  # of one shape; a published one has 10,000


@dataclass(frozen=True)
class PartNetH5:
    """The clouds of one category: `place` maps model ids to their file, relative to the root, and row. A PartSource."""

    dataset: ClassVar[str] = "partnet"
    root: Path
    category: Category
    place: Mapping[str, tuple[PurePosixPath, int]]

    @property
    def part_names(self) -> tuple[str, ...]:
        """Names of the classes of level 1."""
        return self.category.partnet_names

    def read(self, key: ObjectKey) -> PartPoints | None:
        """Read an object's first `data_num` points in PartNet's axes; None if it has no row. Raises DatasetError."""
        object_folder(key)  # refuses names that are none
        if key.synset != self.category.synset or key.id not in self.place:
            return None
        file, row = self.place[key.id]
        with _opened(self.root, file) as clouds:
            data, numbers, labels = (_own_dataset(clouds, name, file) for name in ("data", "data_num", "label_seg"))
            shapes, points = data.shape[:2] if data.ndim == 3 else (0, 0)
            if data.shape[2:] != (3,) or not row < shapes or points > _MOST_POINTS or data.dtype.kind != "f":
                raise DatasetError(file, "data", f"has shape {data.shape} of {data.dtype}, not (shapes, points, 3)")
            for name, values, shape in (("data_num", numbers, (shapes,)), ("label_seg", labels, (shapes, points))):
                if values.shape != shape or values.dtype.kind not in "iu":
                    raise DatasetError(
                        file, name, f"has shape {values.shape} of {values.dtype}, not {shape} of integers"
                    )
            count = int(numbers[row])
            if not 0 < count <= points:
                raise DatasetError(file, f"data_num {row}", f"is {count}, not within 1..{points}")
            xyz = np.array(data[row, :count], dtype=np.float64)
            label = np.array(labels[row, :count], dtype=np.int64)
        if not (np.abs(xyz) <= LARGEST_NUMBER).all():
            raise DatasetError(file, f"data {row}", f"is not finite and within {LARGEST_NUMBER:g}")
        return labelled_points(xyz, label, 0, len(self.part_names), file)

    def world_from_source(self, key: ObjectKey, parts: PartPoints, mesh: PlacedMesh) -> Float64[np.ndarray, "4 4"]:
        """The map that turns the cloud and lays its box on that of the mesh's surface.

        A sample does not reach the corners of its surface, so this is off by a little (the conformance suite says how
        much), unlike the other releases. Raises DatasetError for a cloud without extent.
        """
        try:
            return world_from_partnet(mesh, point_bounds(parts.xyz))
        except ValueError as error:
            raise DatasetError(self.place[key.id][0], "data", str(error)) from None


def open_partnet_h5(root: Path, category: Category) -> PartNetH5:
    """Index a category's h5 files. Raises UserError if a file is unusable or nothing says which model a row is.

    The h5 files hold no ids. A json of the same stem, if there is one (`ins_seg_h5` has them), says them in rows of
    `model_id`, or of `anno_id`, which `stats/` translates. Where a split has none, its list in `stats/` is taken in
    order over the split's files, if it has as many rows: that the files keep the list's order is an assumption, which
    only the distance of the points to their mesh confirms. Of several rows of one model the first counts.
    """
    place: dict[str, tuple[PurePosixPath, int]] = {}
    folder = _CLOUDS / f"{category.partnet}-1"
    try:
        for split in SPLITS:
            files = [folder / path.name for path in sorted((root / folder).glob(f"{split}-*.h5"))]
            for model, file, row in _rows(root, str(category.partnet), split, files):
                if model is not None:
                    place.setdefault(model, (file, row))
    except DatasetError as error:
        raise UserError(f"source.partnet_root: in {root}, {error}; put the published file there.") from None
    if not place:
        raise UserError(f"source.partnet_root: {root / folder} holds no <split>-NN.h5; put the published files there.")
    return PartNetH5(root, category, place)


def _rows(
    root: Path, name: str, split: str, files: list[PurePosixPath]
) -> Iterator[tuple[str | None, PurePosixPath, int]]:
    """(model id, file, row) of each row of a split's files. A model that nothing names is None, and never asked for."""
    counts = [_shapes(root, file) for file in files]
    lists = split_file(name, split)
    siblings = [file.with_suffix(".json") for file in files]
    if all((root / file).is_file() for file in siblings):
        for file, count, sibling in zip(files, counts, siblings, strict=True):
            models = _sibling_models(root, sibling, name)
            if len(models) != count:
                raise DatasetError(sibling, "rows", f"there are {len(models)} for {count} shapes in {file.name}")
            yield from ((model, file, row) for row, model in enumerate(models))
        return
    models = [model for model, _ in read_split(root, lists)]
    if len(models) != sum(counts):
        raise DatasetError(lists, "rows", f"there are {len(models)} for {sum(counts)} shapes in {split}-*.h5")
    places = [(file, row) for file, count in zip(files, counts, strict=True) for row in range(count)]
    yield from ((model, file, row) for model, (file, row) in zip(models, places, strict=True))


def _sibling_models(root: Path, file: PurePosixPath, name: str) -> list[str | None]:
    """The model of each row; None where `stats/` does not know the annotation."""
    rows = read_json(root, file)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DatasetError(file, "rows", "is no list of objects")
    if all(isinstance(row.get("model_id"), str) for row in rows):
        return [row["model_id"] for row in rows]
    if not all(isinstance(row.get("anno_id"), str) for row in rows):
        raise DatasetError(file, "model_id, anno_id", "not every row has the same one of both, a string")
    lists = [split_file(name, split) for split in SPLITS]
    models = {anno: model for path in lists if (root / path).is_file() for model, anno in read_split(root, path)}
    return [models.get(row["anno_id"]) for row in rows]


def _shapes(root: Path, file: PurePosixPath) -> int:
    with _opened(root, file) as clouds:
        return int(_own_dataset(clouds, "data", file).shape[0])


@contextmanager
def _opened(root: Path, file: PurePosixPath) -> Iterator[Any]:
    """The file, read-only. What h5py raises while it is open becomes DatasetError."""
    path = plain_file(root, file, FILE_BYTES)
    try:
        with h5py.File(path, "r", locking=False) as opened:
            yield opened
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise_machine_error(error)
        raise DatasetError(file, "file", f"is no usable h5 file: {error}") from None


def _own_dataset(opened: Any, name: str, file: PurePosixPath) -> Any:
    """A dataset of plain numbers whose values lie in the file itself. Links and storage elsewhere are not followed."""
    if not isinstance(opened.get(name, getlink=True), h5py.HardLink):
        raise DatasetError(file, name, "is missing or a link")
    dataset = opened[name]
    if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind not in "fiu":
        raise DatasetError(file, name, "is no array of numbers")
    if dataset.external or dataset.is_virtual:
        raise DatasetError(file, name, "has its values in another file")
    if not dataset.shape or dataset.nbytes > _MOST_BYTES:
        raise DatasetError(file, name, f"has shape {dataset.shape}: too large, or no array")
    if dataset.chunks and math.prod(dataset.chunks) * dataset.dtype.itemsize > _MOST_CHUNK_BYTES:
        raise DatasetError(file, name, f"has chunks of shape {dataset.chunks}: too large to be read")
    return dataset

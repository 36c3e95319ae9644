"""Look at the released data: what they hold of each category."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from pipeline.datasets.categories import category_name
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import is_safe_name
from pipeline.datasets.meshes.folder_listing import visible_files
from pipeline.datasets.numpy_files.npz_file import npz_shape
from pipeline.datasets.picture_file import read_rgba
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.released.layout import ANNOTATIONS, CAMERAS, FEATURES, IMAGES, SPLITS, array_file, image_folder
from pipeline.datasets.released.maps import read_maps
from pipeline.datasets.views.released import Released
from pipeline.errors import UserError
from pipeline.progress import counted

_NO_MAPS = {IMAGES, CAMERAS, SPLITS, *ANNOTATIONS}


@dataclass(frozen=True)
class MapsFound:
    """A folder of maps: for how many objects, and the shape of the first one's."""

    folder: str
    objects: int
    channels: int
    cells: tuple[int, int]

    def __str__(self) -> str:
        """Format for the table."""
        return f"{self.folder} ({self.channels} x {self.cells[0]} x {self.cells[1]}; {self.objects} objects)"


@dataclass(frozen=True)
class CategoryFound:
    """The objects of a category in the released data. `views` counts objects by their number of views.

    `faults` are the reasons why objects cannot be used, by object. `size` and `angle_x` are the first object's.
    """

    synset: str
    views: Counter[int]
    faults: dict[str, str]
    size: tuple[int, int]
    angle_x: float
    annotated: dict[str, int]
    maps: tuple[MapsFound, ...]
    nearest: bool

    @property
    def name(self) -> str:
        """The category's name in this project; its synset if it is none of the six."""
        return category_name(self.synset)

    @property
    def objects(self) -> int:
        """Objects that can be used."""
        return self.views.total()


def survey_released(source: Released, synset: str) -> CategoryFound:
    """Read the cameras of all objects of a category, and the first object's pictures and maps. Raises UserError."""
    listing = source.listing(synset)
    views, faults, first = Counter[int](), dict(listing.passed_over), None
    for object_id in counted(listing.ids, f"import {synset}", "objects"):
        key = ObjectKey(synset, object_id)
        try:
            cameras = source.cameras(key)
            if first is None:
                first = key, cameras.angle_x, read_rgba(source.root, image_folder(key) / cameras.pictures[0]).shape[:2]
            views[len(cameras.pictures)] += 1
        except DatasetError as error:
            faults[object_id] = str(error)
    if first is None:
        reason = next((f": {fault}" for fault in faults.values()), "")
        raise UserError(f"{source.root / IMAGES / synset} holds no object that can be used{reason}.")
    annotated = {folder: len(visible_files(source.root / folder / synset, ".npz")) for folder in ANNOTATIONS}
    maps = tuple(filter(None, (_maps(source.root, folder, synset) for folder in _map_folders(source.root))))
    key, angle, shape = first
    nearest = all(_fits_nearest(source, key, found) for found in maps)
    return CategoryFound(synset, views, faults, (shape[0], shape[1]), angle, annotated, maps, nearest)


def synsets_in(root: Path) -> list[str]:
    """List the categories' folders of images."""
    return sorted(path.name for path in (root / IMAGES).iterdir() if path.is_dir() and is_safe_name(path.name))


def survey_table(found: list[CategoryFound]) -> str:
    """Format what was found: a table, then the maps, then the first reasons why objects cannot be used."""
    form = "{:<12} {:>8} {:>9} {:>10} {:>9} {:>9} {:>9} {:>9}"
    lines = [form.format("category", "objects", "views", "pixels", "parts 2D", "keyp. 2D", "parts 3D", "keyp. 3D")]
    for one in found:
        counts = "-".join(str(count) for count in sorted({min(one.views), max(one.views)}))
        pixels = f"{one.size[1]} x {one.size[0]}"
        lines.append(form.format(one.name, one.objects, counts, pixels, *one.annotated.values()))
    for one in found:
        lines += [f"{one.name}: maps {maps}" for maps in one.maps]
        if one.faults:
            name, reason = next(iter(one.faults.items()))
            lines.append(f"{one.name}: {len(one.faults)} objects cannot be used, such as {name}: {reason}")
    return "\n".join(lines)


def _map_folders(root: Path) -> list[str]:
    names = (path.name for path in root.iterdir() if path.is_dir() and path.name not in _NO_MAPS)
    return sorted(name for name in names if is_safe_name(name))


def _maps(root: Path, folder: str, synset: str) -> MapsFound | None:
    """Look at the maps of a folder; None if it holds none of this category that can be read."""
    files = visible_files(root / folder / synset, ".npz")
    for path in files:
        try:
            shape = npz_shape(root, PurePosixPath(folder) / synset / path.name, FEATURES)
        except DatasetError:
            continue
        if len(shape) == 4:
            return MapsFound(folder, len(files), shape[1], (shape[2], shape[3]))
    return None


def _fits_nearest(source: Released, key: ObjectKey, found: MapsFound) -> bool:
    """Tell whether an object's maps are zero where the released rule says background: nearest pixel, no alpha.

    True if this object has none, or its pictures are no multiple of the maps.
    """
    try:
        maps = read_maps(source.root, array_file(found.folder, key), found.channels)
        rgba = np.stack([view.rgba for view in source.read(key, np.arange(len(maps)))])
    except (DatasetError, IndexError, ValueError):
        return True
    step = rgba.shape[1] // found.cells[0]
    nearest = rgba[:, ::step, ::step, 3] > 0 if step else rgba[..., 3] > 0
    return nearest.shape != maps.shape[:3] or not (maps.any(axis=3) & ~nearest).any()

"""Teacher maps that were made elsewhere, in the files of the released data, as a teacher: no network is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from pipeline.config.sections.teachers import StoredMaps
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import id_fault
from pipeline.datasets.meshes.folder_listing import visible_files
from pipeline.datasets.numpy_files.npz_file import npz_checksum
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.released.layout import FEATURES, array_file, below_data
from pipeline.datasets.released.maps import read_maps
from pipeline.progress import counted
from pipeline.stores.atomic_files import digest_of
from pipeline.teachers.grid import on_cells
from pipeline.teachers.teacher import network_recipe
from pipeline.teachers.weights import MissingWeightsError


@dataclass(frozen=True)
class StoredMapsTeacher:
    """The maps of one category. `checksums` are (id, bytes, CRC-32) of each object's maps, as the zip files say.

    `root` is the folder that holds the section's. `views` is how many of the views that a file has are used, spread
    evenly, as the render stage chooses them.
    """

    root: Path
    section: StoredMaps
    cells: int
    views: int
    checksums: tuple[tuple[str, int, int], ...]
    on_gpu = False

    @property
    def channels(self) -> int:
        """See `Teacher.channels`."""
        return self.section.channels

    @property
    def own_scale(self) -> bool:
        """See `Teacher.own_scale`."""
        return self.section.own_scale

    @property
    def recipe(self) -> Mapping[str, Any]:
        """See `Teacher.recipe`."""
        return network_recipe(self.section, maps=digest_of(self.checksums))

    def load(self, device: torch.device, compiled: bool = False) -> StoredMapsNetwork:  # noqa: ARG002
        """See `Teacher.load`. There is no network; files are read when they are asked for."""
        return StoredMapsNetwork(self)


@dataclass(frozen=True)
class StoredMapsNetwork:
    """See `Network`. It keeps the last object's maps, because an object has more views than a batch."""

    teacher: StoredMapsTeacher
    _kept: dict[ObjectKey, np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    def __call__(
        self, images: Float32[Tensor, "n h w 3"], names: Sequence[str]
    ) -> Float[Tensor, "n cells cells channels"]:
        """See `Network`. Of `images` only the device counts. Maps of another grid are resampled bilinearly.

        Raises DatasetError for an object whose file is missing, damaged or of another shape.
        """
        maps = torch.stack([torch.from_numpy(self._map(name)) for name in names])
        return on_cells(maps, self.teacher.cells).to(images.device)

    def _map(self, name: str) -> Float32[np.ndarray, "h w channels"]:
        """Return one view's map. `name` is `<synset>/<id>/<view>`."""
        synset, object_id, view = name.split("/")
        maps = self._maps(ObjectKey(synset, object_id))
        number = int(view) * len(maps) // self.teacher.views  # see chosen_views
        return np.ascontiguousarray(maps[number], dtype=np.float32)

    def _maps(self, key: ObjectKey) -> Float[np.ndarray, "views h w channels"]:
        if key not in self._kept:
            teacher, file = self.teacher, array_file(self.teacher.section.folder, key)
            recorded = {object_id: (size, crc) for object_id, size, crc in teacher.checksums}.get(key.id)
            if npz_checksum(teacher.root, file, FEATURES) != recorded:
                raise DatasetError(file, FEATURES, "is not what it was when this run began")
            maps = read_maps(teacher.root, file, teacher.channels)
            if len(maps) < teacher.views or maps.shape[1] != maps.shape[2]:
                shape = f"{len(maps)} maps of {maps.shape[1]} x {maps.shape[2]}"
                raise DatasetError(file, FEATURES, f"are {shape}, not at least {teacher.views} square ones")
            self._kept.clear()
            self._kept[key] = maps
        return self._kept[key]


def stored_maps_teacher(name: str, section: StoredMaps, synset: str, cells: int, views: int) -> StoredMapsTeacher:
    """Describe the maps of a category. Reads no more of each file than its table of contents.

    Raises MissingWeightsError if there are none. Files that are no npz files are left out; reading them says why.
    """
    root, files = stored_map_files(name, section, synset)
    checksums = []
    for path in counted(files, f"stored maps {name} {synset}", "files"):
        if id_fault(path.stem) is None:
            file = PurePosixPath(section.folder) / synset / path.name
            with suppress(DatasetError):
                checksums.append((path.stem, *npz_checksum(root, file, FEATURES)))
    return StoredMapsTeacher(root, section, cells, views, tuple(checksums))


def stored_map_files(name: str, section: StoredMaps, synset: str) -> tuple[Path, list[Path]]:
    """Find the folder of the released data and a category's npz files in it. Raises MissingWeightsError."""
    root = below_data(Path(section.root), section.folder)
    files = visible_files(root / section.folder / synset, ".npz") if root is not None else []
    if root is None or not files:
        raise MissingWeightsError(
            f"networks.{name}: {Path(section.root) / section.folder / synset} holds no npz files: correct "
            f"networks.{name}.root and .folder, or take another teacher."
        )
    return root, files

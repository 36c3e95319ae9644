"""ShapeNetCore, releases 1 and 2: one folder an object, `<synset>/<id>`, with an obj, its mtl and its textures.

v1 keeps `model.obj`, `model.mtl` and `images/` in that folder, v2 `models/model_normalized.{obj,mtl}` and `images/`.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from pipeline.datasets.axes import SHAPENET_V1, SHAPENET_V2, Axes
from pipeline.datasets.file_names import INVALID_NAME, checked_name, is_safe_name, object_folder
from pipeline.datasets.meshes.mesh_source import Listing
from pipeline.datasets.meshes.obj_mesh import read_obj_mesh
from pipeline.datasets.meshes.object_files import ObjectFiles
from pipeline.datasets.records import Mesh, ObjectKey
from pipeline.errors import UserError

Release = Literal["shapenet-v1", "shapenet-v2"]

_OBJ = {
    "shapenet-v1": PurePosixPath("model.obj"),
    "shapenet-v2": PurePosixPath("models/model_normalized.obj"),
}
_AXES = {"shapenet-v1": SHAPENET_V1, "shapenet-v2": SHAPENET_V2}


@dataclass(frozen=True)
class ShapeNet:
    """A release below `root`, the folder that holds the synset folders. A MeshSource."""

    root: Path
    release: Release

    @property
    def axes(self) -> Axes:
        """The release's frame."""
        return _AXES[self.release]

    def listing(self, synset: str) -> Listing:
        """Folders in `root / synset` that hold the obj file are objects. Raises UserError without a folder."""
        folder = self.root / checked_name(synset, PurePosixPath("."), "synset")
        if not folder.is_dir():
            raise UserError(
                f"source.mesh_root: {self.root} has no folder {synset}: name the folder that holds the synset folders."
            )
        ids, passed_over = [], {}
        for name in sorted(child.name for child in folder.iterdir() if child.is_dir()):
            if not is_safe_name(name):
                passed_over[name] = INVALID_NAME
            elif (folder / name / self._obj).is_file():
                ids.append(name)
            else:
                passed_over[name] = f"has no {self._obj}"
        return Listing(ids, passed_over)

    def mesh_path(self, key: ObjectKey) -> PurePosixPath:
        """The obj file, relative to the root. Raises DatasetError for a synset or id that is no plain name."""
        return object_folder(key) / self._obj

    def read_mesh(self, key: ObjectKey) -> Mesh:
        """Read the whole mesh; see `read_obj_mesh`."""
        return read_obj_mesh(ObjectFiles(self.root, object_folder(key)), self.mesh_path(key))

    @property
    def _obj(self) -> PurePosixPath:
        return _OBJ[self.release]

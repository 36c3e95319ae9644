"""ShapeNetCore, releases 1 and 2: one folder an object, `<synset>/<id>`, with an obj, its mtl and its textures.

v1 keeps `model.obj`, `model.mtl` and `images/` in that folder, v2 `models/model_normalized.{obj,mtl}` and `images/`.
KeypointNet's folder `ShapeNetCore.v2.ply` is v2 as well: it holds `<synset>/<id>.ply`, without textures.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from pipeline.datasets.axes import SHAPENET_V1, SHAPENET_V2, Axes
from pipeline.datasets.file_names import checked_name, object_folder
from pipeline.datasets.meshes.folder_listing import PassedOverError, is_folder, list_folder
from pipeline.datasets.meshes.mesh_source import Listing
from pipeline.datasets.meshes.obj_mesh import read_obj_mesh
from pipeline.datasets.meshes.object_files import ObjectFiles
from pipeline.datasets.meshes.ply_mesh import parse_ply
from pipeline.datasets.records import Mesh, ObjectKey
from pipeline.datasets.text_files import read_bytes
from pipeline.errors import UserError

Release = Literal["shapenet-v1", "shapenet-v2"]

_OBJ = {
    "shapenet-v1": PurePosixPath("model.obj"),
    "shapenet-v2": PurePosixPath("models/model_normalized.obj"),
}
PLY = ".ply"
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
        """Folders in `root / synset` that hold the obj file, and ply files, are objects.

        Raises UserError without a folder.
        """
        folder = self.root / checked_name(synset, PurePosixPath("."), "synset")
        if not folder.is_dir():
            raise UserError(
                f"source.mesh_root: {self.root} has no folder {synset}: name the folder that holds the synset folders."
            )
        return list_folder(folder, self._identify)

    def _identify(self, child: Path) -> str | None:
        if not is_folder(child):
            return child.stem if child.suffix == PLY and self.release == "shapenet-v2" else None
        if not (child / self._obj).is_file():
            raise PassedOverError(f"has no {self._obj}")
        return child.name

    def mesh_path(self, key: ObjectKey) -> PurePosixPath:
        """The mesh file, relative to the root. Raises DatasetError for a synset or id that is no plain name."""
        folder = object_folder(key)
        ply = folder.with_name(f"{key.id}{PLY}")
        return ply if self.release == "shapenet-v2" and (self.root / ply).is_file() else folder / self._obj

    def read_mesh(self, key: ObjectKey) -> Mesh:
        """Read the whole mesh; see `read_obj_mesh` and `parse_ply`."""
        file = self.mesh_path(key)
        if file.suffix != PLY:
            return read_obj_mesh(ObjectFiles(self.root, object_folder(key)), file)
        return parse_ply(read_bytes(self.root, file), file, ObjectFiles(self.root, file.parent, shared=True))

    @property
    def _obj(self) -> PurePosixPath:
        return _OBJ[self.release]

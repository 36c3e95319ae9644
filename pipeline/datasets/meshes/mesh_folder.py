"""Users' own meshes: `<root>/<category>/<id>.{obj,ply,stl,glb}`, or one such file in `<root>/<category>/<id>/`.

The category's folder bears its name or its synset; the name is looked for first.
"""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.datasets.axes import Axes
from pipeline.datasets.categories import folder_names
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import object_folder
from pipeline.datasets.meshes.folder_listing import PassedOverError, is_folder, list_folder, visible
from pipeline.datasets.meshes.glb_mesh import parse_glb
from pipeline.datasets.meshes.mesh_source import Listing
from pipeline.datasets.meshes.obj_mesh import read_obj_mesh
from pipeline.datasets.meshes.object_files import MESH_SUFFIXES, ObjectFiles
from pipeline.datasets.meshes.ply_mesh import parse_ply
from pipeline.datasets.meshes.stl_mesh import parse_stl
from pipeline.datasets.records import Mesh, ObjectKey
from pipeline.datasets.text_files import read_bytes
from pipeline.errors import UserError

NAMES = ("model", "visual", "textured")  # of the one that is used where a folder holds several
SHOWN = 5
_OTHER_MESHES = re.compile(
    r"\.(3ds|3mf|abc|blend|c4d|dae|fbx|gltf|iges|igs|ma|max|mb|msh|off|skp|step|stp|usd[acz]?|vrml|vtk|wrl|x3d)"
)
_ARCHIVES = re.compile(r"\.(7z|bz2|gz|rar|tar|tgz|xz|zip|zst)")


@dataclass(frozen=True)
class MeshFolder:
    """Meshes below `root`, all in the frame that the user says they have. A MeshSource."""

    root: Path
    axes: Axes

    def listing(self, synset: str) -> Listing:
        """Stems of mesh files and names of folders that hold one are ids. Raises UserError without a folder.

        Folders without a mesh, suffixes in upper case, archives and formats that are not read are passed over; such
        files without a word where a mesh or folder of that name lies beside them. An id that is there twice is listed
        once, and `mesh_path` refuses it.
        """
        names = folder_names(synset)
        folder = self._category_folder(synset)
        if folder is None:
            raise UserError(
                f"source.mesh_root: {self.root} has no folder {' or '.join(names)}: put the category's meshes there, "
                f"<id>{', <id>'.join(MESH_SUFFIXES)} or a folder <id> with one of them."
            )
        return list_folder(self.root / folder, _identify)

    def mesh_path(self, key: ObjectKey) -> PurePosixPath:
        """The mesh file, relative to the root. Of several in an object's folder one must have a name of NAMES.

        Raises DatasetError if there is none, or if it is not clear which one is meant.
        """
        checked = object_folder(key)  # refuses a synset or id that is no plain name
        folder = self._category_folder(key.synset) or checked.parent
        files = [folder / f"{key.id}{suffix}" for suffix in MESH_SUFFIXES]
        present = [file for file in files if (self.root / file).is_file()]
        meant = _meant(_mesh_files(self.root / folder / key.id), key.id)
        if len(meant) > 1:
            reason = f"holds several meshes, {', '.join(meant[:SHOWN])}: keep one, or call the right one {NAMES[0]}"
            raise DatasetError(folder / key.id, "folder", reason)
        present += [folder / key.id / name for name in meant]
        if len(present) > 1:
            raise DatasetError(present[0], "file", f"{present[1]} has the same id; keep one of them")
        if not present:
            raise DatasetError(folder / key.id, "file", f"is missing: no {', '.join(MESH_SUFFIXES)} of this name")
        return present[0]

    def read_mesh(self, key: ObjectKey) -> Mesh:
        """Read the mesh: see `read_obj_mesh`, `parse_ply`, `parse_stl` and `parse_glb`.

        All but an stl may name other files, which are read within the object's own folder.
        """
        file = self.mesh_path(key)
        files = self._files(key, file)
        if file.suffix == ".obj":
            return read_obj_mesh(files, file)
        data = read_bytes(self.root, file)
        if file.suffix == ".ply":
            return parse_ply(data, file, files)
        return parse_stl(data, file) if file.suffix == ".stl" else parse_glb(data, file, files)

    def _files(self, key: ObjectKey, file: PurePosixPath) -> ObjectFiles:
        """The files that the object's file may name: a folder of its own, or the category's, which others share."""
        return ObjectFiles(self.root, file.parent, shared=file.parent.name != key.id)

    def _category_folder(self, synset: str) -> PurePosixPath | None:
        names = folder_names(synset)
        return next((PurePosixPath(name) for name in names if (self.root / name).is_dir()), None)


def _identify(child: Path) -> str | None:
    if is_folder(child):
        if not _mesh_files(child):
            if any(child.with_name(child.name + suffix).is_file() for suffix in MESH_SUFFIXES):
                return None  # the textures of the mesh beside it
            other = next(((p.name, fault) for p in visible(child) if (fault := _fault(p)) is not None), None)
            detail = f"; {other[0]}: {other[1]}" if other else ""
            raise PassedOverError(f"holds no {', '.join(MESH_SUFFIXES)} directly{detail}")
        return child.name
    if child.suffix in MESH_SUFFIXES:
        return child.stem
    fault = _fault(child)
    read = child.with_suffix("").exists() or any(child.with_suffix(suffix).is_file() for suffix in MESH_SUFFIXES)
    if fault is not None and not read:
        raise PassedOverError(fault)
    return None


def _fault(path: Path) -> str | None:
    """Say why a file that looks like a mesh is none here; None for textures, notes and the like."""
    suffix = path.suffix.lower()
    if suffix in MESH_SUFFIXES:
        return "write its suffix in lower case: some file systems do not tell cases apart"
    if _OTHER_MESHES.fullmatch(suffix):
        return f"{suffix} is not read: convert it to {MESH_SUFFIXES[-1]}"
    return "is an archive: unpack it" if _ARCHIVES.fullmatch(suffix) else None


def _mesh_files(folder: Path) -> list[str]:
    """Names of the mesh files in a folder, sorted; none if it is no folder."""
    if not folder.is_dir():
        return []
    return [path.name for path in visible(folder) if path.suffix in MESH_SUFFIXES and path.is_file()]


def _meant(files: list[str], object_id: str) -> list[str]:
    """Return those of an object's mesh files that have its id as a name, else the first of NAMES that occurs, else all.

    Simulators keep other shapes beside the one to look at, such as collision.obj.
    """
    named = ([file for file in files if PurePosixPath(file).stem == stem] for stem in (object_id, *NAMES))
    return next((chosen for chosen in named if chosen), files)

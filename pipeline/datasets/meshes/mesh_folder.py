"""Users' own meshes: `<root>/<category>/<id>.{obj,ply,stl,glb}`, or one such file in `<root>/<category>/<id>/`.

The category's folder bears its name or its synset; the name is looked for first.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.datasets.axes import Axes
from pipeline.datasets.category_folders import folder_names
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import INVALID_NAME, is_safe_name, object_folder
from pipeline.datasets.meshes.glb_mesh import parse_glb
from pipeline.datasets.meshes.mesh_source import Listing
from pipeline.datasets.meshes.obj_mesh import read_obj_mesh
from pipeline.datasets.meshes.object_files import MESH_SUFFIXES, ObjectFiles
from pipeline.datasets.meshes.ply_mesh import parse_ply
from pipeline.datasets.meshes.stl_mesh import parse_stl
from pipeline.datasets.records import Mesh, ObjectKey
from pipeline.datasets.text_files import read_bytes
from pipeline.errors import UserError


@dataclass(frozen=True)
class MeshFolder:
    """Meshes below `root`, all in the frame that the user says they have. A MeshSource."""

    root: Path
    axes: Axes

    def listing(self, synset: str) -> Listing:
        """Stems of mesh files and names of folders that hold one are ids. Raises UserError without a folder.

        Names other than letters, digits, `_` and `-` are passed over, because ids name files of stores, and so are
        folders without a mesh and suffixes in upper case. An id that is there twice is listed once, and `mesh_path`
        refuses it.
        """
        names = folder_names(synset)
        folder = self._category_folder(synset)
        if folder is None:
            raise UserError(
                f"source.mesh_root: {self.root} has no folder {' or '.join(names)}: put the category's meshes there, "
                f"<id>{', <id>'.join(MESH_SUFFIXES)} or a folder <id> with one of them."
            )
        ids, passed_over = set(), {}
        for child in sorted((self.root / folder).iterdir()):
            is_folder, is_mesh = child.is_dir(), child.suffix in MESH_SUFFIXES and child.is_file()
            name = child.stem if is_mesh else child.name
            if is_mesh or (is_folder and _mesh_files(child)):
                if is_safe_name(name):
                    ids.add(name)
                else:
                    passed_over[child.name] = INVALID_NAME
            elif is_folder:
                passed_over[child.name] = f"holds no {', '.join(MESH_SUFFIXES)}"
            elif child.suffix.lower() in MESH_SUFFIXES:
                passed_over[child.name] = "write its suffix in lower case: some file systems do not tell cases apart"
        return Listing(sorted(ids), passed_over)

    def mesh_path(self, key: ObjectKey) -> PurePosixPath:
        """The mesh file, relative to the root. Raises DatasetError if there is none or more than one."""
        checked = object_folder(key)  # refuses a synset or id that is no plain name
        folder = self._category_folder(key.synset) or checked.parent
        files = [folder / f"{key.id}{suffix}" for suffix in MESH_SUFFIXES]
        present = [file for file in files if (self.root / file).is_file()]
        present += [folder / key.id / name for name in _mesh_files(self.root / folder / key.id)]
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


def _mesh_files(folder: Path) -> list[str]:
    """Names of the mesh files in a folder, sorted; none if it is no folder."""
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.suffix in MESH_SUFFIXES and path.is_file())

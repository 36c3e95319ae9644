"""Meshes ready for drawing: read, checked against the manifest, prepared, and kept for the next stage that draws."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.artifacts.prepared_meshes import mesh_file_name
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.mesh_source import MeshSource
from pipeline.datasets.records import ObjectKey
from pipeline.manifests.manifest import ManifestObject
from pipeline.stores.atomic_files import sha256_of, write_bytes
from pipeline.stores.plain_files import POINTER, PointerError, read_file
from render.mesh_file import DamagedMeshError, mesh_from_bytes, mesh_to_bytes
from render.prepared_mesh import PreparedMesh, prepare


@dataclass(frozen=True)
class PreparedMeshes:
    """The meshes of a category. `folder` is where they are kept, None: nowhere; `anew` leaves what is kept unread."""

    meshes: MeshSource
    folder: Path | None
    anew: bool = False

    def of(self, key: ObjectKey, item: ManifestObject) -> PreparedMesh:
        """An object's mesh in the world frame. Raises DatasetError if it is not what the manifest lists.

        A kept file that is damaged is made again.
        """
        path = None if self.folder is None else self.folder / mesh_file_name(item)
        if path is not None and not self.anew:
            with suppress(FileNotFoundError, DamagedMeshError):
                return mesh_from_bytes(read_file(path))
        mesh = self._made(key, item)
        if path is not None:
            write_bytes(path, mesh_to_bytes(mesh))
        return mesh

    def _made(self, key: ObjectKey, item: ManifestObject) -> PreparedMesh:
        root = self.meshes.root
        for file, sha in item.files.items():
            if not (root / file).exists():
                reason = f"{file} is listed in the manifest and missing below {root}"
                raise self._changed(key, f"{reason}; bring it back (made-up objects: run `pipeline synthesize`)")
            try:
                same = sha256_of(root / file) == sha
            except PointerError:
                raise self._changed(key, f"{file} {POINTER}") from None
            if not same:
                raise self._changed(key, f"{file} is not what the manifest lists; run `pipeline manifest` again")
        mesh = self.meshes.read_mesh(key)
        other = set(mesh.files) ^ {PurePosixPath(file) for file in item.files}
        if other:
            reason = f"{min(other)} was not used when the manifest was made, or is not any more"
            raise self._changed(key, f"{reason}; run `pipeline manifest` again")
        prepared = prepare(mesh, item.matrix())
        if len(prepared.faces) == 0:
            raise DatasetError(self.meshes.mesh_path(key), "f", "no face has an area, so there is nothing to draw")
        return prepared

    def _changed(self, key: ObjectKey, reason: str) -> DatasetError:
        return DatasetError(self.meshes.mesh_path(key), "sha256", reason)

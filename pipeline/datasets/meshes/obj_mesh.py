"""An obj file with its mtl files and textures as a mesh."""

from pathlib import PurePosixPath

import numpy as np

from pipeline.datasets.alignment import surface_bounds
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.look_notes import joined_notes
from pipeline.datasets.meshes.obj_geometry import ObjGeometry, parse_obj
from pipeline.datasets.meshes.obj_libraries import read_libraries
from pipeline.datasets.meshes.obj_looks import read_looks
from pipeline.datasets.meshes.object_files import ObjectFiles
from pipeline.datasets.records import Mesh
from pipeline.datasets.text_files import read_bytes


def read_obj_mesh(files: ObjectFiles, obj: PurePosixPath) -> Mesh:
    """Read a mesh as MeshSource.read_mesh does; `obj` is relative to the collection's root.

    Twin faces and vertices without faces are kept. See `obj_looks` for what a face looks like. Textures have row 0 at
    the top, `uv` its origin at the bottom. `files` are the obj, its mtl files, and the textures that are used.
    """
    geometry = _read_geometry(files, obj)
    libraries = read_libraries(files, obj, geometry.libraries)
    looks = read_looks(files, geometry, libraries)
    return Mesh(
        vertices=geometry.vertices,
        faces=geometry.faces,
        uv=looks.uv,
        face_material=looks.face_material,
        materials=looks.materials,
        look_notes=joined_notes((*libraries.notes, *looks.notes)),
        files=(obj, *libraries.files, *looks.files),
    )


def _read_geometry(files: ObjectFiles, obj: PurePosixPath) -> ObjGeometry:
    geometry = parse_obj(read_bytes(files.root, obj), obj)
    if not np.ptp(surface_bounds(geometry.vertices, geometry.faces), axis=0).max() > 0:
        raise DatasetError(obj, "f", "all faces lie in one point")
    return geometry

"""Prepare a mesh for drawing: in the world frame, without twin faces, with normals."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int32

from pipeline.datasets.meshes.look_notes import LookNote
from pipeline.datasets.records import Material, Mesh
from pipeline.datasets.twins import first_of_twins
from render.normals import corner_normals, face_normals


@dataclass(frozen=True)
class PreparedMesh:
    """A mesh as backends draw it, in the world frame. Corner normals are unit length, their side is the winding's.

    Normals hold float32's precision, so that a file keeps them as they are in half the bytes. `look_notes` count
    the faces of the file, before any is dropped.
    """

    vertices: Float64[np.ndarray, "v 3"]
    faces: Int32[np.ndarray, "f 3"]
    normal: Float64[np.ndarray, "f 3 3"]
    uv: Float32[np.ndarray, "f 3 2"]
    face_material: Int32[np.ndarray, " f"]
    materials: tuple[Material, ...]
    look_notes: tuple[LookNote, ...] = ()


def prepare(mesh: Mesh, world_from_source: Float64[np.ndarray, "4 4"]) -> PreparedMesh:
    """Move a mesh into the world frame, drop flat faces, twin faces and unused vertices, and compute normals.

    ShapeNet stores almost every triangle twice with opposite winding; coincident faces fight for the pixel and cancel
    each other's normals. Drawing is two-sided, so one of the two is enough: the first in the file.
    """
    vertices = mesh.vertices @ world_from_source[:3, :3].T + world_from_source[:3, 3]
    _, area = face_normals(vertices, mesh.faces)
    keep = first_of_twins(vertices, mesh.faces) & (area > 0)
    # A vertex that no face uses may lie anywhere, and the cameras' range is made to hold all that are left.
    used, faces = np.unique(mesh.faces[keep], return_inverse=True)
    vertices, faces = vertices[used], faces.reshape(-1, 3).astype(np.int32)
    return PreparedMesh(
        vertices=vertices,
        faces=faces,
        normal=corner_normals(vertices, faces).astype(np.float32).astype(np.float64),
        uv=mesh.uv[keep].astype(np.float32),
        face_material=mesh.face_material[keep],
        materials=mesh.materials,
        look_notes=mesh.look_notes,
    )

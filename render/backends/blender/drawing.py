"""Turn a mesh and its poses into the arrays that the child draws, with the light already computed."""

import numpy as np
from jaxtyping import Float64

from render.lighting import light
from render.prepared_mesh import PreparedMesh


def drawing(mesh: PreparedMesh, poses: Float64[np.ndarray, "views 4 4"], lighting: str) -> dict[str, np.ndarray]:
    """Make the arrays of one object.

    `front` and `back` are the light factors of each corner for the side from which its winding runs counter-clockwise
    and for the other. `texture.N` are the textures of the materials that are used, sRGB-coded as they came, each once.
    `material_texture` is the N of each material, or -1 where it has none or no face has the material.
    """
    front, back = (
        light(sign * mesh.normal) if lighting == "shaded" else np.ones(mesh.normal.shape[:2]) for sign in (1.0, -1.0)
    )
    material_texture = np.full(len(mesh.materials), -1, dtype=np.int32)
    textures: dict[str, np.ndarray] = {}
    numbers: dict[int, int] = {}  # by identity of the texture
    for index in np.unique(mesh.face_material):
        texture = mesh.materials[index].texture
        if texture is not None:
            number = material_texture[index] = numbers.setdefault(id(texture), len(numbers))
            textures[f"texture.{number}"] = texture
    return {
        "vertices": mesh.vertices.astype(np.float32),
        "faces": mesh.faces,
        "uv": mesh.uv,
        "front": front.astype(np.float32),
        "back": back.astype(np.float32),
        "face_material": mesh.face_material,
        "colour": np.array([material.colour for material in mesh.materials], dtype=np.float32),
        "poses": poses,
        "material_texture": material_texture,
        **textures,
    }

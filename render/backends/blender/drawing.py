"""A mesh and its poses as the child gets them: plain arrays, the light already computed."""

import numpy as np
from jaxtyping import Float64

from render.lighting import light
from render.prepared_mesh import PreparedMesh


def drawing(mesh: PreparedMesh, poses: Float64[np.ndarray, "views 4 4"], lighting: str) -> dict[str, np.ndarray]:
    """The arrays of one object.

    `front` and `back` are the light factors of each corner for the side from which its winding runs counter-clockwise
    and for the other. `texture.N` is the texture of material N, sRGB-coded as it came, of those materials that have one
    and are used.
    """
    front, back = (
        light(sign * mesh.normal) if lighting == "shaded" else np.ones(mesh.normal.shape[:2]) for sign in (1.0, -1.0)
    )
    textures = {
        f"texture.{index}": texture
        for index in np.unique(mesh.face_material)
        if (texture := mesh.materials[index].texture) is not None
    }
    return {
        "vertices": mesh.vertices.astype(np.float32),
        "faces": mesh.faces,
        "uv": mesh.uv,
        "front": front.astype(np.float32),
        "back": back.astype(np.float32),
        "face_material": mesh.face_material,
        "colour": np.array([material.colour for material in mesh.materials], dtype=np.float32),
        "poses": poses,
        **textures,
    }


def clipping(mesh: PreparedMesh, poses: Float64[np.ndarray, "views 4 4"]) -> tuple[float, float]:
    """Near and far planes, world units, that enclose the mesh from every pose: only what is behind a camera is cut."""
    reach = float(np.linalg.norm(mesh.vertices, axis=1).max())
    eyes = np.linalg.norm(poses[:, :3, 3], axis=1)
    return float(max(0.9 * (eyes.min() - reach), 1e-3 * eyes.max())), float(1.1 * (eyes.max() + reach))

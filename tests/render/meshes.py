"""Small meshes with known answers."""

import numpy as np

from pipeline.datasets.records import Material, Mesh

GREY = Material((0.5, 0.5, 0.5), None)
CUBE_FACES = np.array(
    [
        [0, 2, 1], [0, 3, 2], [4, 5, 6], [4, 6, 7], [0, 1, 5], [0, 5, 4],
        [2, 3, 7], [2, 7, 6], [1, 2, 6], [1, 6, 5], [0, 4, 7], [0, 7, 3],
    ],
    dtype=np.int32,
)  # fmt: skip


def cube(edge: float, materials: tuple[Material, ...] = (GREY,)) -> Mesh:
    """An axis-aligned cube about the origin, wound outwards."""
    corners = np.array([[x, y, z] for z in (-1, 1) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))], dtype=float)
    faces = len(CUBE_FACES)
    return Mesh(
        vertices=corners * edge / 2,
        faces=CUBE_FACES,
        uv=np.zeros((faces, 3, 2)),
        face_material=np.zeros(faces, dtype=np.int32),
        materials=materials,
    )


def square(z: float, edge: float, material: Material, tiles: float = 1.0) -> Mesh:
    """A square in the plane z, facing +Z, its texture repeated `tiles` times, u along +X and v along +Y."""
    h = edge / 2
    uv = np.array([[0, 0], [tiles, 0], [tiles, tiles], [0, tiles]])
    faces = np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32)
    return Mesh(
        vertices=np.array([[-h, -h, z], [h, -h, z], [h, h, z], [-h, h, z]]),
        faces=faces,
        uv=uv[faces],
        face_material=np.zeros(2, dtype=np.int32),
        materials=(material,),
    )

"""Twins, normals, light."""

import numpy as np
import pytest

from pipeline.datasets.records import Mesh
from pipeline.datasets.twins import first_of_twins
from render.lighting import light
from render.normals import corner_normals, face_normals
from render.prepared_mesh import prepare
from tests.render.meshes import cube


def with_twins(mesh: Mesh) -> Mesh:
    """Every face again with opposite winding, as ShapeNet stores it."""
    return Mesh(
        mesh.vertices,
        np.concatenate([mesh.faces, mesh.faces[:, ::-1]]),
        np.concatenate([mesh.uv, mesh.uv[:, ::-1]]),
        np.concatenate([mesh.face_material] * 2),
        mesh.materials,
    )


def test_twins_are_removed_and_nothing_else() -> None:
    mesh = cube(1.0)
    np.testing.assert_array_equal(prepare(with_twins(mesh), np.eye(4)).faces, mesh.faces)


def test_twins_with_vertices_of_their_own_are_found_by_position() -> None:
    mesh = cube(1.0)
    vertices = np.concatenate([mesh.vertices, mesh.vertices])
    faces = np.concatenate([mesh.faces, mesh.faces[:, [1, 0, 2]] + 8])
    assert first_of_twins(vertices, faces).tolist() == [True] * 12 + [False] * 12


def test_vertices_without_faces_go_wherever_they_lie() -> None:
    mesh = cube(1.0)
    stray = Mesh(
        np.concatenate([[[1e6, 0.0, 0.0]], mesh.vertices, [[0.0, -1e9, 0.0]]]),
        mesh.faces + 1,
        mesh.uv,
        mesh.face_material,
        mesh.materials,
    )
    prepared, plain = prepare(stray, np.eye(4)), prepare(mesh, np.eye(4))
    np.testing.assert_array_equal(prepared.vertices, plain.vertices)
    np.testing.assert_array_equal(prepared.faces, plain.faces)


def test_faces_without_area_go() -> None:
    mesh = cube(1.0)
    faces = np.concatenate([mesh.faces, [[0, 0, 1]]]).astype(np.int32)
    flat = Mesh(mesh.vertices, faces, np.zeros((13, 3, 2)), np.zeros(13, dtype=np.int32), mesh.materials)
    assert len(prepare(flat, np.eye(4)).faces) == 12


def test_the_map_into_the_world_is_applied() -> None:
    matrix = np.diag([2.0, 2.0, 2.0, 1.0])
    matrix[:3, 3] = [1, 2, 3]
    prepared = prepare(cube(1.0), matrix)
    np.testing.assert_allclose(prepared.vertices.min(axis=0), [0, 1, 2])
    np.testing.assert_allclose(prepared.vertices.max(axis=0), [2, 3, 4])


def test_cube_faces_point_outwards_and_edges_stay_sharp() -> None:
    mesh = cube(1.0)
    normal, area = face_normals(mesh.vertices, mesh.faces)
    centre = mesh.vertices[mesh.faces].mean(axis=1)
    assert (np.einsum("ij,ij->i", normal, centre) > 0).all()
    np.testing.assert_allclose(area, 0.5)
    # 90 degrees are above the crease angle: each corner keeps its face's normal
    np.testing.assert_allclose(
        corner_normals(mesh.vertices, mesh.faces), np.repeat(normal[:, None], 3, axis=1), atol=1e-12
    )


def roof(flip: bool) -> tuple[np.ndarray, np.ndarray]:
    """Two squares that meet at 20 degrees along the X axis; `flip` winds the second the other way round."""
    t = np.radians(20.0)
    vertices = np.array(
        [[0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1], [1, np.sin(t), -np.cos(t)], [0, np.sin(t), -np.cos(t)]]
    )
    faces = np.array([[0, 2, 1], [0, 3, 2], [0, 1, 4], [0, 4, 5]], dtype=np.int32)
    if flip:
        faces[2:] = faces[2:, ::-1]
    return vertices, faces


@pytest.mark.parametrize("flip", [False, True])
def test_smooth_normals_do_not_depend_on_the_neighbours_winding(flip: bool) -> None:
    vertices, faces = roof(flip)
    normal, area = face_normals(vertices, faces)
    corner = corner_normals(vertices, faces)
    # Vertex 1 belongs to faces 0 and 2, of equal area: the mean direction, on each face's own side
    mean = normal[0] * area[0] + (-1 if flip else 1) * normal[2] * area[2]
    mean /= np.linalg.norm(mean)
    np.testing.assert_allclose(corner[0, 2], mean, atol=1e-12)
    assert abs(float(corner[0, 2] @ normal[0])) < 0.999  # it is smoothed, not the face's own


def test_light_by_hand() -> None:
    # A normal away from every light gets the ambient 0.42 alone, in display coding 0.42^(1/2.2)
    key = np.array([-0.5, 0.8, -0.6]) / np.linalg.norm([-0.5, 0.8, -0.6])
    down, lit = light(np.stack([[0.0, -1.0, 0.0], key]))
    assert float(down) == pytest.approx(0.42 ** (1 / 2.2))
    # the key light's own direction: all of the key, and the cosines to the fill and the rim
    fill, rim = (np.array(d) / np.linalg.norm(d) for d in ([0.9, 0.35, -0.2], [0.1, 0.45, 0.9]))
    linear = 0.42 + 0.50 + 0.22 * max(key @ fill, 0) + 0.16 * max(key @ rim, 0)
    assert float(lit) == pytest.approx(min(linear, 1) ** (1 / 2.2))

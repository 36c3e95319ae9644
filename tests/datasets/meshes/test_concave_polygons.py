"""Polygons become triangles that cover them and nothing else."""

import numpy as np
import pytest

from pipeline.datasets.axes import Axes
from pipeline.datasets.meshes.mesh_folder import MeshFolder
from pipeline.datasets.meshes.polygons import cut_concave
from pipeline.datasets.records import ObjectKey
from tests.datasets.meshes.mesh_files import ply

L_SHAPE = [(0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)]
ARROW = [(0, 0), (2, 1), (0, 2), (1, 1)]
WITH_HOLE = [(0, 0), (4, 0), (4, 4), (0, 4), (0, 0), (1, 1), (1, 3), (3, 3), (3, 1), (1, 1)]  # by a bridge
ON_EDGES = [(0, 0), (1, 0), (2, 0), (2, 0.5), (2, 1), (1.5, 1), (1, 1), (1, 2), (0, 2), (0, 1)]
COMB = [(0, 0), (30, 0), *[corner for i in range(14, -1, -1) for corner in ((2 * i + 1, 9), (2 * i, 1))]]


def area(outline: list[tuple[float, float]]) -> float:
    x, y = np.array(outline).T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def surface(points: np.ndarray, triangles: np.ndarray) -> tuple[float, float]:
    """The sum of the triangles' areas, and the area that their directions leave: equal if none is turned over."""
    a, b, c = np.moveaxis(points[triangles], 1, 0)
    normals = np.cross(b - a, c - a) / 2
    return float(np.linalg.norm(normals, axis=1).sum()), float(np.linalg.norm(normals.sum(axis=0)))


@pytest.mark.parametrize("outline", [L_SHAPE, ARROW, WITH_HOLE, ON_EDGES, COMB])
def test_from_each_corner_and_on_both_sides(outline):
    tilt = np.linalg.qr(np.array([[1.0, 2, 3], [0, 1, 4], [5, 6, 0]]))[0]
    for first in range(len(outline)):
        for turned in (1, -1):
            points = np.array([(x, y, 0.3) for x, y in np.roll(outline, first, axis=0)[::turned]]) @ tilt
            fan = np.array([[0, i, i + 1] for i in range(1, len(points) - 1)])
            triangles = cut_concave(fan, np.arange(len(points)), points)
            assert surface(points, triangles) == pytest.approx([area(outline)] * 2, rel=1e-9)
            assert len(triangles) == len(fan)


def test_convex_polygons_stay_fans_and_crossed_ones_end():
    corners = np.array([(0, 0), (2, 0), (3, 1), (1, 3), (0, 2), (0, 0), (2, 2), (2, 0), (0, 2), (1, 9), (-1, 3)])
    points = np.column_stack([corners, np.zeros(len(corners))]).astype(float)
    fan = np.array([[0, 1, 2], [0, 2, 3], [0, 3, 4], [5, 6, 7], [5, 7, 8], [5, 8, 9], [5, 9, 10]])
    triangles = cut_concave(fan, np.arange(len(points)), points)
    assert triangles[:3].tolist() == fan[:3].tolist() and triangles.shape == fan.shape


@pytest.mark.parametrize("suffix", ["obj", "ply"])
def test_of_files(tmp_path, suffix):
    """A prism over the L, whose reflex corner is not the first: 2 * 3 + 8 * 0.5, each corner with its coordinates."""
    points = [(x, y, z) for z in (0, 0.5) for x, y in L_SHAPE]
    sides = [[i, (i + 1) % 6, (i + 1) % 6 + 6, i + 6] for i in range(6)]
    polygons = [[5, 4, 3, 2, 1, 0], [6, 7, 8, 9, 10, 11], *sides]
    if suffix == "obj":
        lines = [f"v {x} {y} {z}\nvt {x} {y}\n" for x, y, z in points]
        lines += ["f " + " ".join(f"{i + 1}/{i + 1}" for i in polygon) + "\n" for polygon in polygons]
        content = "".join(lines).encode()
    else:
        columns = [("float", "xyz", points), ("float", "st", np.array(points)[:, :2])]
        content = ply([], columns, [("list uchar int", ("vertex_indices",), polygons)], "ascii")
    (tmp_path / "chair").mkdir()
    (tmp_path / f"chair/a.{suffix}").write_bytes(content)
    mesh = MeshFolder(tmp_path, Axes("+y", "+z")).read_mesh(ObjectKey("chair", "a"))
    assert surface(mesh.vertices, mesh.faces)[0] == pytest.approx(10)
    assert (mesh.uv == mesh.vertices[mesh.faces][..., :2]).all()

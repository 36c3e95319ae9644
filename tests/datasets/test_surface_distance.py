"""Point to surface: by hand, against a plain search over a mesh's surface, and against every pair measured plainly."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datasets.surface_distance import surface_distance

TRIANGLE = np.array([[0.0, 0, 0], [4, 0, 0], [0, 3, 0]])
FACE = np.array([[0, 1, 2]], dtype=np.int32)


@pytest.mark.parametrize(
    ("point", "distance"),
    [
        ((1, 1, 0), 0),  # inside
        ((1, 1, -2), 2),  # over the inside
        ((2, -5, 0), 5),  # beside an edge
        ((-3, -4, 0), 5),  # beyond a corner
        ((4, 3, 0), 12 / 5),  # across the long edge: the height of the 3-4-5 triangle
        ((7, 0, 4), 5),  # beyond a corner and above
    ],
)
def test_one_triangle_by_hand(point, distance):
    for faces in (FACE, FACE[:, ::-1].copy(), np.concatenate([FACE, FACE[:, ::-1]])):
        assert surface_distance(TRIANGLE, faces, np.array([point], dtype=float)) == pytest.approx([distance], abs=1e-12)


def test_degenerate_faces_are_segments_and_points():
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0]])
    segment = np.array([[0, 1, 2]], dtype=np.int32)
    points = np.array([[1.5, 0, 2], [3, 0, 0], [0.3, 0, 0]])
    assert surface_distance(vertices, segment, points) == pytest.approx([2, 1, 0])
    single = np.array([[0, 0, 0]], dtype=np.int32)
    assert surface_distance(vertices, single, points[1:2]) == pytest.approx([3])
    # A sliver 1e-13 high: its normal is noise, its edges are not.
    sliver = np.array([[0.0, 0, 0], [1, 0, 0], [0.5, 1e-13, 1e-14]])
    assert surface_distance(sliver, segment, np.array([[0.5, 0, 1.0], [0.4, -1, 0]])) == pytest.approx([1, 1])


def segment_distance(a: np.ndarray, b: np.ndarray, point: np.ndarray) -> float:
    length2 = float((b - a) @ (b - a))
    share = 0.0 if length2 == 0 else min(max(float((point - a) @ (b - a)) / length2, 0.0), 1.0)
    return float(np.linalg.norm(point - a - share * (b - a)))


def triangle_distance(corners: np.ndarray, point: np.ndarray) -> float:
    """To the edges, and to the plane where the foot's barycentric coordinates, solved for, are all positive."""
    a, b, c = corners
    best = min(segment_distance(a, b, point), segment_distance(b, c, point), segment_distance(c, a, point))
    if np.linalg.norm(np.cross(b - a, c - a)) > 1e-9 * max(np.linalg.norm(b - a), np.linalg.norm(c - a)) ** 2:
        (u, v), *_ = np.linalg.lstsq(np.stack([b - a, c - a], axis=1), point - a, rcond=None)
        if u >= 0 and v >= 0 and u + v <= 1:
            best = min(best, float(np.linalg.norm(point - a - u * (b - a) - v * (c - a))))
    return best


def random_mesh(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Small faces, large ones, slivers, twins and points, and points on, near and far off them."""
    rng = np.random.default_rng(seed)
    small = rng.normal(size=(30, 3)) * 0.05 + rng.normal(size=3)
    large = rng.normal(size=(6, 3)) * 3
    line = np.outer(rng.uniform(-2, 2, 4), rng.normal(size=3)) + 1e-7 * rng.normal(size=(4, 3))
    vertices = np.concatenate([small, large, line])
    faces = [rng.integers(0, 30, (25, 3)), rng.integers(0, 40, (5, 3)), rng.integers(36, 40, (4, 3))]
    faces += [faces[0][:10, ::-1], faces[1]]
    points = np.concatenate(
        [rng.normal(size=(6, 3)), vertices[faces[0][:4]].mean(axis=1), rng.normal(size=(2, 3)) * 1e3]
    )
    return vertices, np.concatenate(faces).astype(np.int32), points


@given(st.integers(0, 2**32 - 1))
def test_against_every_pair(seed):
    vertices, faces, points = random_mesh(seed)
    expected = [min(triangle_distance(vertices[face], point) for face in faces) for point in points]
    assert surface_distance(vertices, faces, points) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("exponent", [-900, -100, 0, 100, 900])
def test_any_unit(exponent):
    vertices, faces, points = random_mesh(2)
    expected = np.ldexp(surface_distance(vertices, faces, points), exponent)
    assert np.array_equal(surface_distance(np.ldexp(vertices, exponent), faces, np.ldexp(points, exponent)), expected)


def test_a_large_mesh_in_little_memory():
    """A plane of 200,000 faces: the distance is the height."""
    side = 317
    x, y = np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side), indexing="ij")
    vertices = np.stack([x, y, np.zeros_like(x)], axis=-1).reshape(-1, 3)
    a = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).reshape(-1)
    faces = np.concatenate([np.stack([a, a + 1, a + side], 1), np.stack([a + 1, a + side + 1, a + side], 1)])
    points = np.random.default_rng(0).uniform(0, 1, (74, 3)) * [1, 1, 0.2]
    tracemalloc.start()
    distance = surface_distance(vertices, faces.astype(np.int32), points)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert distance == pytest.approx(points[:, 2], abs=1e-12)
    assert peak < 150e6


def test_no_faces():
    with pytest.raises(ValueError, match="no surface"):
        surface_distance(TRIANGLE, np.zeros((0, 3), dtype=np.int32), TRIANGLE)
    assert surface_distance(TRIANGLE, FACE, np.zeros((0, 3))).shape == (0,)

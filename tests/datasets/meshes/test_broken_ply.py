"""PLY files that are broken or announce more than they hold."""

import numpy as np
import pytest

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes import ply_file
from tests.datasets.meshes.mesh_files import ply
from tests.datasets.meshes.test_ply_mesh import FILE, LISTS, POINTS, polygons, read

WHOLE = ply(
    [], [("float", "xyz", [[0, 0, 0], [1, 0, 0], [0, 1, 0], [2, 2, 2]])], [polygons([[0, 1, 2]])], "ascii"
).decode()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("element vertex 4", "element vertex 99999999999", "announces no number of rows up to"),
        ("element vertex 4", "element vertex 9999999", "announces at least"),
        ("element face 1", "element face 4", "announces"),
        ("element face 1", "element face -1", "announces no number"),
        ("element face 1", "element face " + "9" * 5000, "announces no number"),
        ("property float x", "property", "'property' is no property"),
        ("element face 1", "element face ٣", "announces no number"),
        ("element face 1", "element face 0", "no faces"),
        ("1 0 0\n", "1 0 zero\n", "vertex: 'zero' is no number"),
        ("1 0 0\n", "1 0\n", "vertex: row 2 is too short"),
        ("1 0 0\n", "\n", "face: announces 1 rows, and fewer follow"),
        ("1 0 0\n", "1 nan 0\n", "not finite"),
        ("end_header", "end", "no header"),
        ("ascii", "asci", "names no format"),
        ("format ascii 1.0\n", "", "names no format"),
        ("float x", "complex x", "'property complex x' is no property"),
        ("property float x", "property float", "is no property"),
        ("float x", "float w", "no x, y and z"),
        ("3 0 1 2", "3 0 1", "face: row 1 is too short"),
        ("3 0 1 2", "-3 0 1 2", "face: row 1 is too short"),
        ("3 0 1 2", "3 0 1 nan", "face: row 1 holds no whole number"),
        ("3 0 1 2", "3 0 1 1.5", "face: row 1 holds no whole number"),
        ("3 0 1 2", "3 0 1 4", "out of range"),
        ("3 0 1 2", "3 0 1 -1", "out of range"),
        ("3 0 1 2", "2 0 1", "no faces"),
        ("3 0 1 2", "3 0 1 2" + " 1" * 600_000, "longer than 1000000 characters"),
    ],
)
def test_texts(old, new, reason):
    assert old in WHOLE
    with pytest.raises(DatasetError, match=reason) as caught:
        read(WHOLE.replace(old, new).encode())
    assert caught.value.file == FILE


@pytest.mark.parametrize("cut", [1, 4, 20, 60])
def test_a_binary_file_that_ends_early(cut):
    with pytest.raises(DatasetError, match="announces"):
        read(ply([], [POINTS], [polygons()])[:-cut])


@pytest.mark.parametrize("lists", [b"\xff" * 8, b"\x03" + bytes(12) + b"\xff" * 20])
@pytest.mark.parametrize("count", ["uchar", "char", "int", "uint64", "float"])
def test_lists_of_impossible_lengths(lists, count):
    content = (
        ply([], [POINTS], [polygons([])])
        .replace(b"face 0", b"face 2")
        .replace(LISTS.encode(), f"list {count} int".encode())
    )
    with pytest.raises(DatasetError, match=r"face: announces|one point|index|no faces|at least"):
        read(content + lists)


def test_a_short_file_cannot_announce_long_lists(monkeypatch):
    monkeypatch.setattr(ply_file, "MOST_ROWS", 3)
    with pytest.raises(DatasetError, match="lists of more than 12 numbers"):
        read(ply([], [("float", "xyz", np.eye(3))], [polygons([np.arange(5)] * 3)]))

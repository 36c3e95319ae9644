"""Points of ply files, and files that are none."""

from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.views.co3d.point_cloud import read_point_cloud
from tests.datasets.meshes.mesh_files import ply

FILE = PurePosixPath("pointcloud.ply")
XYZ = np.array([[1.5, -2.0, 3.25], [0.0, 0.5, -8.0]])


POINTS, RED = ("float", "xyz", XYZ), ("uchar", ("red",), [[7], [255]])
WHOLE = ply(["comment made up"], [POINTS], [])
TEXT = ply([], [POINTS, RED], [], "ascii").replace(b"-8", b"-8e0")


def counting(count: int, content: bytes = WHOLE) -> bytes:
    return content.replace(b"element vertex 2", b"element vertex %d" % count)


@pytest.mark.parametrize(
    "content",
    [
        WHOLE,
        ply([], [("double", "xyz", XYZ)], [], "binary_big_endian"),
        TEXT,
        ply([], [RED, ("float", "zxy", XYZ[:, [2, 0, 1]])], []),
        # What follows the points is not read.
        WHOLE.replace(b"end_header", b"element face 20000000\nproperty list uchar int a\nend_header"),
    ],
)
def test_points_are_read_by_their_names(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert read_point_cloud(tmp_path, FILE).tolist() == XYZ.tolist()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is no header of a ply"),
        (WHOLE[:-2], "announces at least 24 bytes, and 22 follow"),
        (TEXT.replace(b"0.5", b"x"), "is no number"),
        (TEXT.replace(b"0.5", b"nan"), "is not finite"),
        (counting(10**30), "announces no number of rows"),
        (counting(0), "does not begin with vertices that are plain numbers"),
        (ply([], [("list uchar int", "a", [[], []]), POINTS], []), "does not begin with vertices that are plain"),
        (TEXT.replace(b"vertex", b"face"), "does not begin with vertices"),
        (ply([], [("float", "xy", XYZ[:, :2])], []), "has no x, y and z"),
        (counting(2**24 + 1), "announces more than 16,777,216 points"),
        (counting(2**21, TEXT), "has more than 4,194,304 numbers of text: write it in binary form"),
        (b"ply\n" + b"comment\n" * 2**17 + TEXT[4:], "is no header of a ply"),
    ],
    ids=range(12),
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DatasetError, match=sentence):
        read_point_cloud(tmp_path, FILE)

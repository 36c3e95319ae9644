"""Points of ply files, and files that are none."""

from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.views.co3d.point_cloud import read_point_cloud

FILE = PurePosixPath("pointcloud.ply")
XYZ = np.array([[1.5, -2.0, 3.25], [0.0, 0.5, -8.0]])


def header(form: str, *properties: str, count: int = 2) -> bytes:
    lines = ["ply", f"format {form} 1.0", "comment made up", f"element vertex {count}"]
    return "\n".join([*lines, *(f"property {name}" for name in properties), "end_header\n"]).encode()


FLOATS = ("float x", "float y", "float z")


@pytest.mark.parametrize(
    "content",
    [
        header("binary_little_endian", *FLOATS) + XYZ.astype("<f4").tobytes(),
        header("binary_big_endian", *(name.replace("float", "double") for name in FLOATS))
        + XYZ.astype(">f8").tobytes(),
        header("ascii", *FLOATS, "uchar red") + b"1.5 -2 3.25 255\n0 0.5 -8e0 0\n",
        header("binary_little_endian", "uchar red", "float z", "float x", "float y")
        + b"".join(b"\x07" + row[[2, 0, 1]].astype("<f4").tobytes() for row in XYZ),
    ],
)
def test_points_are_read_by_their_names(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert read_point_cloud(tmp_path, FILE).tolist() == XYZ.tolist()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is no header of a ply"),
        (b"obj\nend_header\n", "is no header of a ply"),
        (header("binary_little_endian", *FLOATS) + b"\0" * 23, "announces 2 points, and fewer follow"),
        (header("ascii", *FLOATS) + b"1 2 3 4 5", "announces 2 points, and fewer follow"),
        (header("ascii", *FLOATS) + b"1 2 3 4 5 x", "holds a word that is no number"),
        (header("ascii", *FLOATS) + b"1 2 3 4 5 nan", "is not finite"),
        (header("ascii", *FLOATS, count=2**24 + 1), "announces no number of points from 1 to 16,777,216"),
        (header("ascii", *FLOATS, count=2**23), "has more than 4,194,304 numbers in text form"),
        (header("binary_little_endian", *FLOATS, count=10**30), "announces no number of points"),
        (header("binary_little_endian", "float x", "float y") + b"\0" * 99, "does not begin with vertices that have x"),
        (header("binary_little_endian", "list uchar int x", *FLOATS), "has vertices with a list or an unknown type"),
        (header("morse", *FLOATS), "has no known format"),
        (b"ply\n" + b"comment\n" * 2**20, "is no header of a ply"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DatasetError, match=sentence):
        read_point_cloud(tmp_path, FILE)

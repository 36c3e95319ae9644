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
        (header("binary_little_endian", *FLOATS) + b"\0" * 22, "announces at least 24 bytes, and 22 follow"),
        (header("ascii", *FLOATS) + b"1 2 3\n4 5 x\n", "is no number"),
        (header("ascii", *FLOATS) + b"1 2 3\n4 5 nan\n", "is not finite"),
        (header("binary_little_endian", *FLOATS, count=10**30), "announces no number of rows"),
        (header("binary_little_endian", *FLOATS, count=0), "does not hold points with x, y and z"),
        (header("binary_little_endian", "float x", "float y") + b"\0" * 99, "does not hold points with x, y and z"),
        (header("ascii", *FLOATS) + b"1 2 3\n" * 2**23, "bytes of text: write it in binary form"),
    ],
    ids=range(8),
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DatasetError, match=sentence):
        read_point_cloud(tmp_path, FILE)

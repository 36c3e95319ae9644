"""Matrices beside pictures: what a npy file may be, and what is refused."""

import io
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.views.camera_npy import read_matrix

FILE = PurePosixPath("000.npy")
ROWS = np.arange(12.0).reshape(3, 4)


def saved(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.save(content, array, allow_pickle=True)
    return content.getvalue()


@pytest.mark.parametrize(
    "matrix",
    [ROWS, np.arange(16, dtype=np.float32).reshape(4, 4), np.asfortranarray(ROWS.astype(">i2"))],
    ids=["3x4", "float32", "by-column"],
)
def test_a_matrix_is_what_numpy_reads(tmp_path: Path, matrix: np.ndarray) -> None:
    (tmp_path / FILE).write_bytes(saved(matrix))
    assert np.array_equal(read_matrix(tmp_path, FILE), np.load(tmp_path / FILE))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (saved(ROWS)[:-8], "matrix: has shape .* in its header, but 88 bytes"),
        (saved(ROWS) + bytes(8), "matrix: has shape .* in its header, but 104 bytes"),
        (saved(ROWS[:, :3]), "is a float64 of shape"),
        (saved(ROWS.astype(object)), "is a object of shape"),
        (saved(ROWS > 1), "is a bool of shape"),
        (saved(ROWS * 1j), "complex128"),
        (bytes(2**16 + 1), "is too large"),
    ],
    ids=["short", "long", "3x3", "objects", "bool", "complex", "large"],
)
def test_anything_else_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DatasetError, match=words):
        read_matrix(tmp_path, FILE)

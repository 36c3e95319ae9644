"""Matrices beside pictures: what a npy file may be, and what is refused unread."""

import io
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.views.camera_npy import read_matrix

FILE = PurePosixPath("000.npy")


class Call:
    """Unpickling this would make a folder."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.mkdir, (Path("called"),))


def saved(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.save(content, array, allow_pickle=True)
    return content.getvalue()


@pytest.mark.parametrize(
    "matrix",
    [
        np.arange(12.0).reshape(3, 4),
        np.arange(16, dtype=np.float32).reshape(4, 4),
        np.asfortranarray(np.arange(12, dtype=">i2").reshape(3, 4)),
    ],
    ids=["3x4", "float32", "by-column"],
)
def test_a_matrix_is_what_numpy_reads(tmp_path: Path, matrix: np.ndarray) -> None:
    (tmp_path / FILE).write_bytes(saved(matrix))
    assert np.array_equal(read_matrix(tmp_path, FILE), np.load(tmp_path / FILE))


def test_a_pickle_is_not_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    array = np.empty((3, 4), dtype=object)
    array[:] = Call()
    (tmp_path / FILE).write_bytes(saved(array))
    with pytest.raises(DatasetError, match=r"is a object of shape \(3, 4\)"):
        read_matrix(tmp_path, FILE)
    assert not Path("called").exists()


def header(shape: str, descr: str = "<f8") -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (header("(3, 4)"), "matrix: has 0 bytes"),
        (header("(3, 4)") + bytes(8 * 13), "matrix: has 104 bytes"),
        (header("(1000000, 1000000)"), "of shape"),
        (header("(3, 4)", "<c16") + bytes(192), "is a complex128"),
        (header("(" * 200 + ")" * 200), "has no usable header"),
        (header("(3, 4)" + " " * 12000), "has no usable header"),
        (b"\x93NUMPY\x09\x00", "has no usable header"),
        (bytes(2**16 + 1), "is too large"),
    ],
    ids=["short", "long", "bomb", "complex", "deep", "long-header", "version", "large"],
)
def test_anything_else_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DatasetError, match=words):
        read_matrix(tmp_path, FILE)

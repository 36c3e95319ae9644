"""Read the header of a npy file. It is a Python literal, which is parsed and never executed."""

import io
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.lib import format as npy

from pipeline.datasets.errors import DatasetError

HEADER_BYTES = 2**14  # at most
_READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


@dataclass(frozen=True)
class NpyHeader:
    """Shape, order in memory and type of an array, and the number of bytes before its values."""

    shape: tuple[int, ...]
    columns_first: bool
    dtype: np.dtype[Any]
    length: int


def read_npy_header(start: bytes, file: PurePosixPath, name: str) -> NpyHeader:
    """Read the header of the array `name` from a file's first bytes. Raises DatasetError if there is none."""
    try:
        return _parsed(start[:HEADER_BYTES])
    except Exception as error:  # a damaged literal raises whatever its damage leads to
        reason = " ".join((str(error) or type(error).__name__).split())[:200]
        raise DatasetError(file, name, f"has no usable header: {reason}") from None


def _parsed(start: bytes) -> NpyHeader:
    stream = io.BytesIO(start)
    version = npy.read_magic(stream)
    if version not in _READERS:
        raise ValueError(f"it is of version {version}")
    shape, columns_first, dtype = _READERS[version](stream)
    if not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError(f"its shape is {shape}")
    return NpyHeader(shape, columns_first, dtype, stream.tell())

"""Read arrays of npz and npy files within limits. Nothing in a file is executed, and no path in it is used."""

from __future__ import annotations

import io
import math
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from pipeline.datasets.errors import DatasetError, raise_machine_error
from pipeline.datasets.numpy_files.object_array import PICKLE_BYTES, RefusedPickleError, read_object_array
from pipeline.datasets.text_files import plain_file

NPZ_BYTES = 2**32  # of an npz file's arrays; a published one of maps has 0.2e9
FILE_BYTES = 2**33
_HEADER_BYTES = 2**14  # at most
_READ = 2**20  # the largest table of contents of a zip
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_npz(root: Path, file: PurePosixPath, names: Sequence[str], limit: int = NPZ_BYTES) -> dict[str, np.ndarray]:
    """Read the arrays `names` of `root / file`: numbers, or objects that are arrays of numbers, numbers or None.

    `limit` is for the bytes of all of them together; it holds for what the zip declares and for what is in it. Raises
    DatasetError, which names the array, if one is missing, damaged, too large or of another kind.
    """
    with _opened(root, file) as archive:
        members = [_member(archive, file, name) for name in names]
        total = sum(member.file_size for member in members)
        if total > limit:
            raise DatasetError(file, ", ".join(names), f"have {total} bytes, the limit is {limit}")
        return {
            name: read_npy(lambda member=member: archive.open(member), member.file_size, file, name)  # type: ignore[misc]
            for name, member in zip(names, members, strict=True)
        }


def read_npy(open_stream: Callable[[], IO[bytes]], size: int, file: PurePosixPath, name: str) -> np.ndarray:
    """Read an array in npy form from a stream of `size` bytes, in the machine's byte order. See `read_npz`."""
    with open_stream() as stream:
        start = stream.read(_HEADER_BYTES)
        shape, dtype, length = _header(start, file, name)
        if dtype.kind == "O":
            if size - length > PICKLE_BYTES:
                raise DatasetError(file, name, f"has a pickle of {size - length} bytes, the limit is {PICKLE_BYTES}")
            try:
                return read_object_array(start[length:] + b"".join(iter(lambda: stream.read(_READ // 2), b"")), shape)
            except RefusedPickleError as error:
                raise DatasetError(file, name, str(error)) from None
    if dtype.kind not in "biuf" or dtype.hasobject:
        raise DatasetError(file, name, f"has the type {dtype}, which is not a type of numbers")
    if math.prod(shape) * dtype.itemsize != size - length:  # before memory is taken for it
        raise DatasetError(file, name, f"has shape {shape} of {dtype} in its header, but {size - length} bytes")
    with open_stream() as stream:
        array = npy.read_array(stream, allow_pickle=False)
    return array.astype(dtype.newbyteorder("="), copy=False)


def npz_checksum(root: Path, file: PurePosixPath, name: str) -> tuple[int, int]:
    """Return the size and the CRC-32 that the zip declares for one array. Reads the table of contents alone.

    Raises DatasetError as `read_npz` does. Reading the array checks both.
    """
    with _opened(root, file) as archive:
        member = _member(archive, file, name)
        return member.file_size, member.CRC


def npz_shape(root: Path, file: PurePosixPath, name: str) -> tuple[int, ...]:
    """Return the shape that one array's header says. Raises DatasetError as `read_npz` does."""
    with _opened(root, file) as archive, archive.open(_member(archive, file, name)) as stream:
        return _header(stream.read(_HEADER_BYTES), file, name)[0]


class _SmallReads(io.BufferedReader):
    """A file that refuses reads of more than `_READ` bytes: zipfile reads a table of contents of any size at once."""

    def read(self, size: int | None = -1, /) -> bytes:
        rest = os.fstat(self.fileno()).st_size - self.tell()
        size = rest if size is None or size < 0 else min(size, rest)
        if size > _READ:
            raise zipfile.BadZipFile("its table of contents is too large")
        return super().read(size)


@contextmanager
def _opened(root: Path, file: PurePosixPath) -> Iterator[zipfile.ZipFile]:
    """Open the zip file. What zipfile raises while it is open becomes DatasetError."""
    path = plain_file(root, file, FILE_BYTES)
    try:
        with _SmallReads(io.FileIO(path)) as opened, zipfile.ZipFile(opened) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise_machine_error(error)
        raise DatasetError(file, "file", f"is no usable npz file: {error or type(error).__name__}") from None


def _member(archive: zipfile.ZipFile, file: PurePosixPath, name: str) -> zipfile.ZipInfo:
    try:
        member = archive.getinfo(f"{name}.npy")
    except KeyError:
        raise DatasetError(file, name, "is missing") from None
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # the others have no bounded reader
        raise DatasetError(file, name, "is compressed in another way than numpy does it")
    return member


def _header(start: bytes, file: PurePosixPath, name: str) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """Read shape, type and length of a npy header, a Python literal that is parsed and never executed."""
    stream = io.BytesIO(start)
    try:
        shape, _, dtype = _HEADERS[npy.read_magic(stream)](stream)
        if not all(type(length) is int and length >= 0 for length in shape):
            raise ValueError(f"its shape is {shape}")
    except Exception as error:  # a damaged literal raises whatever its damage leads to
        reason = " ".join((str(error) or type(error).__name__).split())[:200]
        raise DatasetError(file, name, f"has no usable header: {reason}") from None
    return shape, dtype, stream.tell()

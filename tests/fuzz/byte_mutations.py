"""What can happen to any file: bytes change, or something else lies in its place."""

import gzip
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from pipeline.datasets.picture_file import PICTURE_BYTES
from pipeline.datasets.text_files import JSON_BYTES, TEXT_BYTES
from pipeline.datasets.views.camera_npy import MATRIX_BYTES

# Of files of a kind, the most that a reader takes; of all others it is TEXT_BYTES.
LARGEST = {".png": PICTURE_BYTES, ".jpg": PICTURE_BYTES, ".json": JSON_BYTES, ".npy": MATRIX_BYTES}
Mutate = Callable[[Path, np.random.Generator], None]


def _changed(change: Callable[[bytes, np.random.Generator], bytes]) -> Mutate:
    def mutate(file: Path, rng: np.random.Generator) -> None:
        file.write_bytes(change(file.read_bytes(), rng))

    return mutate


def _span(content: bytes, rng: np.random.Generator) -> tuple[int, int]:
    begin = int(rng.integers(len(content) + 1))
    return begin, min(len(content), begin + int(rng.integers(1, 1 + max(1, len(content) // 4))))


def _truncated(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: int(rng.integers(len(content) + 1))]


def _flipped(content: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(content)
    for place in rng.integers(len(content), size=int(rng.integers(1, 9))) if content else ():
        changed[place] = int(rng.integers(256))
    return bytes(changed)


def _zeroed(content: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _span(content, rng)
    return content[:begin] + bytes(end - begin) + content[end:]


def _cut(content: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _span(content, rng)
    return content[:begin] + content[end:]


def _doubled(content: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _span(content, rng)
    return content[:end] + content[begin:]


def _in_its_place(make: Callable[[Path], None]) -> Mutate:
    def mutate(file: Path, rng: np.random.Generator) -> None:
        file.unlink()
        make(file)

    return mutate


def _folder(file: Path) -> None:
    file.mkdir()
    (file / "inner.obj").write_text("v 0 0 0\n")


def _too_large(file: Path) -> None:
    with file.open("wb") as opened:  # a hole: it takes no space, but time wherever a checksum is taken of it
        opened.truncate(LARGEST.get(file.suffix, TEXT_BYTES) + 1)


def long_line(characters: int) -> Mutate:
    """A line of so many characters, at the end or, in json, as a string."""

    def mutate(file: Path, rng: np.random.Generator) -> None:
        with file.open("ab") as opened:
            for _ in range(characters // 100_000):
                opened.write(b"v 1.0 2.0 " * 10_000)

    return mutate


def without_folder(file: Path, rng: np.random.Generator) -> None:
    """The file's folder is gone."""
    shutil.rmtree(file.parent)


BYTE_MUTATIONS: Mapping[str, Mutate] = {
    "truncated": _changed(_truncated),
    "bytes flipped": _changed(_flipped),
    "zero bytes": _changed(_zeroed),
    "a piece missing": _changed(_cut),
    "a piece twice": _changed(_doubled),
    "random bytes": _changed(lambda content, rng: rng.bytes(min(len(content), 5000))),
    "UTF-16": _changed(lambda content, _: content.decode("latin-1").encode("utf-16")),
    "gzip": _changed(lambda content, _: gzip.compress(content)),
    "empty": _changed(lambda _, __: b""),
    "CR ends of lines": _changed(lambda content, _: content.replace(b"\n", b"\r")),
    "missing": _in_its_place(lambda _: None),
    "a folder": _in_its_place(_folder),
    "a FIFO": _in_its_place(os.mkfifo),
    "a link to nothing": _in_its_place(lambda file: file.symlink_to("absent")),
    "a link to itself": _in_its_place(lambda file: file.symlink_to(file.name)),
    "a link to a device": _in_its_place(lambda file: file.symlink_to("/dev/zero")),
    "too large": _in_its_place(_too_large),
    "no folder": without_folder,
}

"""Hostile lists are refused with a sentence, in little memory."""

import gzip
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.views.co3d.gzip_list import CHUNK_BYTES, LIMITS, ListLimits, read_gzip_list

FILE = PurePosixPath("list.jgz")
MIB = 2**20


@dataclass(frozen=True)
class Row:
    number: int
    name: str | None = None


@pytest.fixture
def listed(tmp_path: Path) -> Callable[..., list[Row]]:
    """Read a list of rows from these bytes, packed."""

    def read(text: bytes, limits: ListLimits = LIMITS) -> list[Row]:
        (tmp_path / FILE).write_bytes(gzip.compress(text, compresslevel=1))
        return list(read_gzip_list(tmp_path, FILE, Row, limits))

    return read


Reader = Callable[..., list[Row]]


def test_rows_are_read_wherever_a_chunk_ends(listed: Reader) -> None:
    filling = "1, " * 300
    count = 3 * CHUNK_BYTES // len(filling)
    rows = [f'{{"number": {number}, "other": [{filling} {{}}]}}' for number in range(count)]
    assert [row.number for row in listed(f"\ufeff [{' , '.join(rows)} ]\n".encode())] == list(range(count))


@pytest.mark.parametrize(("text", "rows"), [(b"[]", []), (b' [ {"number":1,"name":null} ] ', [Row(1)])])
def test_small_lists(listed: Reader, text: bytes, rows: list[Row]) -> None:
    assert listed(text) == rows


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "list.jgz: file: is no json list: '[' is missing"),
        (b'{"number": 1}', "list.jgz: file: is no json list: '[' is missing"),
        (b'[{"number": 1}', "list.jgz: file: is no json list: ',' is missing"),
        (b'[{"number": 1} {"number": 2}]', "list.jgz: file: is no json list: ',' is missing"),
        (b'[{"number": 1},]', "list.jgz: entry 1: is no json object"),
        (b'[{"number": 1}] []', "list.jgz: file: goes on after the end of its list"),
        (b'[{"number": 1}, {"number": ', "list.jgz: entry 1: is no json object of at most 1,048,576 characters"),
        (b"[1]", "list.jgz: entry 0: is no json object"),
        (b'[{"number": 1}, {"name": "x"}]', "list.jgz: entry 1: number: Field required"),
        (b'[{"number": "1"}]', "list.jgz: entry 0: number: Input should be a valid integer"),
        (b'[{"number": 1, "a": ' + b"[" * 10_000, "list.jgz: entry 0: is nested too deeply"),
        (b'[{"a":' * 10_000, "list.jgz: entry 0: is nested too deeply"),
        (b"[" * 10_000, "list.jgz: entry 0: is no json object"),
        (b"[" + b"{}," * 10_000_000 + b"{}]", "list.jgz: entry 0: number: Field required"),
    ],
)
def test_what_is_no_list_of_rows_is_refused(listed: Reader, text: bytes, sentence: str) -> None:
    with pytest.raises(DatasetError) as caught:
        listed(text)
    assert str(caught.value).startswith(sentence)


def test_a_list_of_too_many_entries_is_refused(listed: Reader) -> None:
    text = b"[" + b'{"number":1},' * 10_000_000 + b'{"number":1}]'
    with pytest.raises(DatasetError, match="has more than 20,000 entries"):
        listed(text, ListLimits(entries=20_000))
    assert LIMITS.entries <= 2**20


@pytest.mark.parametrize("filling", [b" ", b'[{"number": 1, "name": "' + b"a" * MIB])
def test_a_bomb_is_refused_in_little_memory(tmp_path: Path, filling: bytes) -> None:
    # 256 MiB of one character, packed to a few hundred kB.
    with gzip.open(tmp_path / FILE, "wb", compresslevel=1) as file:
        file.write(filling)
        for _ in range(256):
            file.write(filling[-1:] * MIB)
    tracemalloc.start()
    with pytest.raises(DatasetError, match=r"has more than 67,108,864 bytes when unpacked|of at most 1,048,576 char"):
        list(read_gzip_list(tmp_path, FILE, Row, ListLimits(bytes=64 * MIB)))
    assert tracemalloc.get_traced_memory()[1] < 32 * MIB
    tracemalloc.stop()


def test_a_damaged_gzip_file_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(b'[{"number": 1}]' + b" " * 100_000)
    for damaged in (b"[]", whole[:-20], whole[:30] + b"\xff" * 10 + whole[40:]):
        (tmp_path / FILE).write_bytes(damaged)
        with pytest.raises(DatasetError, match="is no valid gzip file"):
            list(read_gzip_list(tmp_path, FILE, Row))
    with pytest.raises(DatasetError, match="is missing"):
        list(read_gzip_list(tmp_path / "none", FILE, Row))

"""Files that are whole or absent."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.stores.atomic_files import digest_of, sha256_of, write_bytes, write_json


def test_written_whole_with_no_leftover(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a" / "f", b"one")
    write_bytes(tmp_path / "a" / "f", b"two")
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["f"]
    assert (tmp_path / "a" / "f").read_bytes() == b"two"


def test_a_failure_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bytes(tmp_path / "f", b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*/f'"):
        write_bytes(tmp_path / "f", b"new")
    assert (tmp_path / "f").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_what_a_kill_left_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / ".f.partial").write_bytes(b"the half of a much longer file")
    write_bytes(tmp_path / "f", b"new")
    assert (tmp_path / "f").read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_many_writers_of_one_file_never_mix(tmp_path: Path) -> None:
    wholes = [bytes([number]) * 100_000 for number in range(8)]

    def write(whole: bytes) -> list[bytes]:
        seen = []
        for _ in range(20):
            write_bytes(tmp_path / "f", whole)
            seen.append((tmp_path / "f").read_bytes())
        return seen

    with ThreadPoolExecutor(len(wholes)) as threads:
        seen = [content for contents in threads.map(write, wholes) for content in contents]
    assert set(seen) <= set(wholes)
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_equal_values_are_equal_bytes(tmp_path: Path) -> None:
    write_json(tmp_path / "a", {"x": 1, "y": [2, 3]})
    write_json(tmp_path / "b", {"y": [2, 3], "x": 1})
    assert sha256_of(tmp_path / "a") == sha256_of(tmp_path / "b")


def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a", {"share": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_digests_by_hand() -> None:
    # sha256 of {"a":1}, the canonical form
    assert digest_of({"a": 1}) == "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"

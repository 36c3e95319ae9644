"""Files that are whole or absent."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.stores.atomic_files import (
    digest_of,
    held_folder,
    locked_file,
    sha256_of,
    sole_holder,
    write_bytes,
    write_json,
)
from pipeline.stores.plain_files import empty_folder, refuse_links


def test_a_failure_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bytes(tmp_path / "f", b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*/f'"):
        write_bytes(tmp_path / "f", b"new")
    assert (tmp_path / "f").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_what_a_kill_left_is_taken_over_and_no_leftover_stays(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / ".f.partial").write_bytes(b"the half of a much longer file")
    for content in (b"one", b"two"):
        write_bytes(tmp_path / "a" / "f", content)
        assert (tmp_path / "a" / "f").read_bytes() == content
        assert [p.name for p in (tmp_path / "a").iterdir()] == ["f"]


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


BAIT = b"not to be touched"


def plant(kind: str, path: Path, bait: Path) -> None:
    """Put something in the place of a file that a writer opens."""
    bait.write_bytes(BAIT)
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind.startswith("link"):
        path.symlink_to(bait if kind == "link" else bait.with_name("absent"))
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.mkdir()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    write_bytes(path, b"new")
    yield


USERS = {
    ".f.partial": lambda folder: writing(folder / "f"),
    "in-use.lock": held_folder,
    "sole.lock": lambda folder: sole_holder(folder, "another"),
    "row.lock": lambda folder: locked_file(folder / "row.lock"),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ["link", "link to nothing", "fifo", "folder"])
@pytest.mark.parametrize("name", USERS)
def test_what_lies_in_the_place_of_a_temporary_or_lock_file_is_not_opened(tmp_path: Path, kind: str, name: str) -> None:
    plant(kind, tmp_path / "folder" / name, tmp_path / "bait")
    refused = pytest.raises(UserError, match=rf"{name} is a link or no plain file, .*: remove it")
    with refused, USERS[name](tmp_path / "folder"):
        pass
    assert (tmp_path / "bait").read_bytes() == BAIT
    assert not (tmp_path / "absent").exists()


def test_what_has_another_name_keeps_its_content(tmp_path: Path) -> None:
    """The partial file by a hard link, the file itself by a symbolic one."""
    (tmp_path / "bait").write_bytes(BAIT)
    (tmp_path / ".f.partial").hardlink_to(tmp_path / "bait")
    (tmp_path / "f").symlink_to(tmp_path / "bait")
    write_bytes(tmp_path / "f", b"new")
    assert (tmp_path / "bait").read_bytes() == BAIT
    assert (tmp_path / "f").read_bytes() == b"new" and not (tmp_path / "f").is_symlink()


def test_no_folder_is_emptied_or_filled_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept").touch()
    (tmp_path / "staging").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="staging is a link"):
        empty_folder(tmp_path / "staging")
    assert (tmp_path / "elsewhere" / "kept").exists()
    with pytest.raises(UserError, match="staging is a link"):
        refuse_links(tmp_path, tmp_path / "staging" / "a" / "b")


def test_equal_values_are_equal_bytes_and_what_is_no_json_is_refused(tmp_path: Path) -> None:
    write_json(tmp_path / "a", {"x": 1, "y": [2, 3]})
    write_json(tmp_path / "b", {"y": [2, 3], "x": 1})
    assert sha256_of(tmp_path / "a") == sha256_of(tmp_path / "b")
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "c", {"share": float("nan")})
    assert not (tmp_path / "c").exists()
    # sha256 of {"a":1}, the canonical form
    assert digest_of({"a": 1}) == "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"

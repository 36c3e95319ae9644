"""A disk that fills while the render stage writes: one sentence, nothing half is done, and with room it completes.

`python -m tests.reliability` fills a real one, in every stage.
"""

import errno
import io
import os
from pathlib import Path
from typing import Any

import pytest

from pipeline.stores import atomic_files
from tests.stages.conftest import done, refused
from tests.stages.undisturbed import OBJECTS, RECEIPT, Undisturbed, clear, made, of_row, taken_away

FULL = "No space left on device"
LONG = pytest.mark.long


@pytest.fixture
def undisturbed(project: Path) -> Undisturbed:
    return taken_away()


class FullFile(io.FileIO):
    """Takes half of what is written, then the disk is full."""

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        super().write(view[: len(view) // 2])
        raise OSError(errno.ENOSPC, FULL)


class Disk:
    """Has room for so many files, then for none."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, files: int) -> None:
        self.written = 0
        whole, whole_plain = Path.open, atomic_files.open_plain

        def opened(path: Path, mode: str = "r", *more: Any, **named: Any) -> Any:  # by Zarr
            if mode != "wb":
                return whole(path, mode, *more, **named)
            self.written += 1
            return whole(path, mode, *more, **named) if self.written <= files else FullFile(path, mode)

        def opened_plain(path: Path, flags: int = os.O_RDONLY) -> Any:
            if flags != atomic_files.MAKE:
                return whole_plain(path, flags)
            self.written += 1
            return whole_plain(path, flags) if self.written <= files else FullFile(path, "ab")

        monkeypatch.setattr(Path, "open", opened)
        monkeypatch.setattr(atomic_files, "open_plain", opened_plain)


def check_what_counts_as_done_is_whole(undisturbed: Undisturbed, stores: Path = Path("stores")) -> None:
    """Every done-marker is the undisturbed one, and so is each of its chunks."""
    files = made(stores)
    for row in range(OBJECTS):
        expected = {file: sha for file, sha in undisturbed.files.items() if of_row(file, row) and file[:6] == "views/"}
        if any(file.endswith(f"/done/{row}.json") for file in files):
            assert expected.items() <= files.items()


@pytest.mark.parametrize("every", [pytest.param(1, marks=LONG), 13])
def test_a_disk_that_is_full_from_any_file_on(undisturbed: Undisturbed, every: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(patch, 1000)
        done("render")
        assert made() == undisturbed.files
    assert disk.written >= len(undisturbed.files) + 1  # all files of the stores and the receipt
    for files in range(0, disk.written, every):
        clear()
        with pytest.MonkeyPatch.context() as patch:
            Disk(patch, files)
            said = refused("render")
        assert said.startswith(f"error: {FULL}: ") and said.count(FULL) == 1, f"room for {files} files"
        assert not RECEIPT.exists()
        check_what_counts_as_done_is_whole(undisturbed)
        undisturbed.check_next_run_completes(f"room for {files} files")

"""A disk that fills while the render stage writes: one sentence, nothing half is done, and with room it completes."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.stores import atomic_files
from tests.stages.conftest import done, error_of, refused
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


# In a mount namespace, so that nothing stays mounted whatever ends this.
MOUNTED = """
run() { "$PYTHON" -m pipeline.cli render --set machine.workers="$WORKERS" 2> "$1.txt"; echo $? > "$1.code"; }
keep() { mkdir -p stores/meshes "$1"; cp -a stores/views stores/meshes "$1"; }
mkdir -p stores/views
mount -t tmpfs -o "$ROOM" tmpfs stores/views
run full
keep full
mount -o remount,size=64m,nr_inodes=10000 stores/views
run roomy
keep roomy
"""
UNSHARE = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]


def can_mount(folder: Path) -> bool:
    command = [*UNSHARE, "sh", "-c", 'mount -t tmpfs -o size=4k tmpfs "$0"', str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("room", "workers"),
    [
        pytest.param("size={half}k", 2, id="half of the bytes", marks=LONG),
        pytest.param("nr_inodes={files}", 1, id="half of the files"),
    ],
)
def test_a_small_disk_fills_and_gets_room(undisturbed: Undisturbed, tmp_path: Path, room: str, workers: int) -> None:
    """`python -m tests.reliability` fills the disk of every stage."""
    if not can_mount(tmp_path):
        pytest.skip("a tmpfs cannot be mounted here (unshare --mount)")
    inside = [pages for file, pages in undisturbed.pages.items() if file.startswith("views/")]
    place = room.format(half=4 * sum(inside) // 2, files=len(inside))  # folders are files here
    ended = subprocess.run(
        [*UNSHARE, "sh", "-uc", MOUNTED], capture_output=True, text=True, check=False,
        env={**os.environ, "ROOM": place, "WORKERS": str(workers), "PYTHON": sys.executable},
    )  # fmt: skip
    assert ended.stderr == ""
    said = Path("full.txt").read_text()
    assert Path("full.code").read_text() == "2\n", said
    assert error_of(said).startswith(f"error: {FULL}: ")
    assert said.count(FULL) == 1
    check_what_counts_as_done_is_whole(undisturbed, Path("full"))
    assert Path("roomy.code").read_text() == "0\n", Path("roomy.txt").read_text()
    assert made(Path("roomy")) == undisturbed.files
    assert RECEIPT.read_text() == undisturbed.receipt

"""Compare every byte of a store with its checksums, and name the remedy for each damaged file."""

import fcntl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.artifacts.places import Place
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.stores.atomic_files import sha256_of
from pipeline.stores.checked_json import read_checked
from pipeline.stores.store import RowKey, Store


@dataclass(frozen=True)
class Damage:
    """A damaged file, what is wrong with it, and the remedy."""

    path: Path
    reason: str
    remedy: str

    def __str__(self) -> str:
        """Format as a line for the user."""
        return f"{self.path} {self.reason}: {self.remedy}."


@dataclass(frozen=True)
class Checked:
    """Result of checking an object, a mesh or a projection. `content` is the digest in its marker, None if damaged.

    An unfinished object has files and no marker: its writer was killed or is still writing. No stage reads it.
    """

    bytes: int = 0
    damage: tuple[Damage, ...] = ()
    content: str | None = None
    unfinished: bool = False
    busy: bool = False  # a stage is writing it, so it was not checked


def check_frame(store: Store, place: Place) -> tuple[list[RowKey] | None, list[Damage]]:
    """Check what the objects of a store share: its table, Zarr's metadata, and that each marker has a row.

    Returns the rows and the damage. The rows are None if the table cannot be read.
    """
    table = store.path / "table.json"
    marked = _numbers(store.path / "done", "*.json")
    try:
        rows, metadata = store.table(), store.metadata()
    except UserError:
        return None, [Damage(table, "is damaged", f"remove it and run `{place.command}`, which makes a new table")]
    if marked and not table.exists():
        return None, [Damage(table, "is missing", f"run `{place.command}`, which makes a new table")]
    arrays = store.path / "arrays.zarr"
    files = ("zarr.json", *(f"{name}/zarr.json" for name in store.specs)) if rows else ()
    changed = [arrays / file for file in files if not _has_checksum(arrays / file, metadata.get(file))]
    beyond = [store.marker_path(row) for row in marked if row >= len(rows)]
    return rows, [
        *(Damage(path, "is damaged or missing", f"run `{place.command}`, which writes it again") for path in changed),
        *(Damage(path, "belongs to a row that table.json does not have", "remove it") for path in beyond),
    ]


def strays(store: Store, rows: int) -> list[int]:
    """List the rows that have files of arrays but no entry in the table."""
    rows_on_disk = {row for name in store.specs for row in _numbers(store.path / "arrays.zarr" / name / "c", "*")}
    return sorted(row for row in rows_on_disk if row >= rows)


def check_object(store: Store, row: int, entry: RowKey, remedy: str) -> Checked:
    """Check an object's marker and every file of its arrays. Files that change meanwhile are not damage."""
    marker = store.marker_path(row)
    before = file_state(marker)
    try:
        checked = _read_object(store, row, entry, remedy)
    except FileNotFoundError as error:
        checked = Checked(damage=(Damage(Path(error.filename or marker), f"of {entry.key} is missing", remedy),))
    if checked.content is None and (being_written(store, row) or file_state(marker) != before):
        return Checked(checked.bytes, busy=True)
    return checked


def being_written(store: Store, row: int) -> bool:
    """Return whether a process holds the row's lock. Nobody holds the lock file of a killed process."""
    try:
        with (store.path / "done" / f".{row}.lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def file_state(path: Path) -> tuple[int, int] | None:
    """Return numbers that change with every write, also with one of the same bytes. None if there is no file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def _read_object(store: Store, row: int, entry: RowKey, remedy: str) -> Checked:
    marker = store.marker_path(row)
    files = {store.chunk_file(name, row) for name in store.specs}
    if not marker.exists():
        return Checked(unfinished=any((store.path / "arrays.zarr" / file).exists() for file in files))
    done = store.done(row)
    if done is None or set(done.files) != files:
        return Checked(damage=(Damage(marker, "is damaged", remedy),))
    named = read_checked(marker)
    if RowKey(ObjectKey(named["synset"], named["id"]), done.input) != entry:
        return Checked(damage=(Damage(marker, f"is not of the object that table.json has in row {row}", remedy),))
    read = marker.stat().st_size
    damage = []
    for file, sha in done.files.items():
        path = store.path / "arrays.zarr" / file
        if not path.exists():
            damage.append(Damage(path, f"of {entry.key} is missing", remedy))
            continue
        read += path.stat().st_size
        if sha256_of(path) != sha:
            damage.append(Damage(path, f"of {entry.key} is damaged", remedy))
    return Checked(read, tuple(damage), None if damage else done.content)


def _has_checksum(path: Path, sha: str | None) -> bool:
    return path.exists() and sha256_of(path) == sha


def _numbers(folder: Path, pattern: str) -> Sequence[int]:
    return sorted(int(path.stem) for path in folder.glob(pattern) if path.stem.isdecimal())

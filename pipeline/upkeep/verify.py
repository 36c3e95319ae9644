"""Is what lies on the disk what was written? Reads every byte of a store, and says of each damaged thing what to do."""

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
    """What is wrong with a file, and how it is put right."""

    path: Path
    reason: str
    remedy: str

    def __str__(self) -> str:
        """A line for the user."""
        return f"{self.path} {self.reason}: {self.remedy}."


@dataclass(frozen=True)
class Checked:
    """What reading something has shown. `content` is that of an object's marker, None without a sound one.

    An unfinished object has files and no marker: whoever wrote it was killed, or is at it now. No stage reads it.
    """

    bytes: int = 0
    damage: tuple[Damage, ...] = ()
    content: str | None = None
    unfinished: bool = False
    busy: bool = False  # a stage is writing it: nothing can be said


def check_frame(store: Store, place: Place) -> tuple[list[RowKey] | None, list[Damage]]:
    """The rows of a store, and the damage of what its objects share: table, Zarr's metadata, markers of no row.

    Without a table that can be read there are no rows to speak of.
    """
    table = store.path / "table.json"
    marked = _numbers(store.path / "done", "*.json")
    try:
        rows, metadata = store.table(), store.metadata()
    except UserError:
        return None, [Damage(table, "is damaged", f"remove it and run `{place.command}`, which gives rows anew")]
    if marked and not table.exists():
        return None, [Damage(table, "is missing", f"run `{place.command}`, which gives rows anew")]
    arrays = store.path / "arrays.zarr"
    files = ("zarr.json", *(f"{name}/zarr.json" for name in store.specs)) if rows else ()
    changed = [arrays / file for file in files if not _holds(arrays / file, metadata.get(file))]
    beyond = [store.marker_path(row) for row in marked if row >= len(rows)]
    return rows, [
        *(Damage(path, "is damaged or missing", f"run `{place.command}`, which writes it anew") for path in changed),
        *(Damage(path, "is of a row that table.json does not have", "remove it") for path in beyond),
    ]


def strays(store: Store, rows: int) -> list[int]:
    """Rows beyond the table's that have files of arrays."""
    found = {row for name in store.specs for row in _numbers(store.path / "arrays.zarr" / name / "c", "*")}
    return sorted(row for row in found if row >= rows)


def check_object(store: Store, row: int, entry: RowKey, remedy: str) -> Checked:
    """Read an object's marker and every file of its arrays. What is written meanwhile is no damage."""
    marker = store.marker_path(row)
    before = _state(marker)
    try:
        checked = _read_object(store, row, entry, remedy)
    except FileNotFoundError as error:
        checked = Checked(damage=(Damage(Path(error.filename or marker), f"of {entry.key} is missing", remedy),))
    if checked.content is None and (being_written(store, row) or _state(marker) != before):
        return Checked(checked.bytes, busy=True)
    return checked


def being_written(store: Store, row: int) -> bool:
    """Does a process hold the row's lock? What a killed one left is held by nobody."""
    try:
        with (store.path / "done" / f".{row}.lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _state(path: Path) -> tuple[int, int] | None:
    """Changes with every write, one of the same bytes too."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


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


def _holds(path: Path, sha: str | None) -> bool:
    return path.exists() and sha256_of(path) == sha


def _numbers(folder: Path, pattern: str) -> Sequence[int]:
    return sorted(int(path.stem) for path in folder.glob(pattern) if path.stem.isdecimal())

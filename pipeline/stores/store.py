"""A store: a Zarr v3 group of per-object arrays in a folder that is named by its fingerprint.

    <root>/<kind>/<category>/<fingerprint>/
        about.json          the recipe behind the fingerprint, and the versions of the tools (recorded, not hashed)
        table.json          rows: the i-th entry names the object in row i; it only grows. Checksums of Zarr's metadata
        arrays.zarr/        the arrays by name; the first axis is the row. `object` names the object in each row,
                            `split` and `licence` are empty for rows that are not complete
        done/<row>.json     written last: the object's chunk files with their sha256
        failures.jsonl      objects that could not be made, and why
        lock, in-use.lock   empty: locked while the table changes, and by the commands that fill the store

An object is in the store if its done-marker is: a Zarr chunk that was never written reads as zeros and proves nothing.
A row belongs to an object AND to the digest of its inputs: a mesh that changed on disk gets a new row, the old one
stays. about.json, table.json and the markers hold their own checksums; a marker with a wrong one does not count.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from pipeline.errors import UserError
from pipeline.stores.array_spec import ArraySpec
from pipeline.stores.atomic_files import (
    FINGERPRINT_CHARACTERS,
    digest_of,
    has_sha256,
    held_folder,
    locked_file,
    named_in_errors,
    sha256_of,
    write_bytes,
)
from pipeline.stores.checked_json import plain_bytes, read_checked_as, write_checked
from pipeline.stores.plain_files import MAKE, FileState, file_state, open_plain, refuse_links
from pipeline.stores.row_facts import FACT_NAMES, RowFacts, present_fact_files, read_facts, write_facts
from pipeline.stores.row_table import RowKey, read_table, write_table
from pipeline.stores.tool_versions import tool_versions
from pipeline.stores.typed_json import load_json
from pipeline.stores.zarr_group import array_of, group_files, grow_group

PARTIAL_FILES = ("zarr.*.partial", "*/zarr.*.partial", *(f"{name}/c/*.partial" for name in FACT_NAMES))


@dataclass(frozen=True)
class Done:
    """A done-marker: an object's chunk files (relative to the arrays' folder) with their sha256, and recorded facts."""

    row: int
    input: str
    fingerprint: str
    files: Mapping[str, str]
    facts: Mapping[str, Any]

    @property
    def content(self) -> str:
        """A digest of everything stored of the object, independent of its row."""
        return digest_of({file.partition("/")[0]: sha for file, sha in self.files.items()})

    def content_of(self, name: str) -> str:
        """Return a digest of the object's part of one array, independent of its row."""
        return digest_of([sha for file, sha in self.files.items() if file.startswith(f"{name}/")])


class Store:
    """A store: its folder and layout. Making one writes nothing; `create` does.

    Any number of processes may write to it at a time, each to its own rows.
    """

    def __init__(
        self,
        root: Path,
        kind: str,
        category: str,
        recipe: Mapping[str, Any],
        specs: Sequence[ArraySpec],
        attributes: Mapping[str, str] | None = None,
    ):
        """Work out fingerprint and folder. `recipe` is everything that changes the content.

        `attributes` describe the store to people; with kind, category and fingerprint they stand in Zarr's metadata.
        """
        self.kind, self.category, self.recipe = kind, category, dict(recipe)
        self.specs = {spec.name: spec for spec in specs}
        layout = {name: spec.layout() for name, spec in self.specs.items()}
        self.about = {"kind": kind, "category": category, "recipe": self.recipe, "layout": layout}
        self.fingerprint = digest_of(self.about)[:FINGERPRINT_CHARACTERS]
        self.path = root / kind / category / self.fingerprint
        named = {"kind": kind, "category": category, "fingerprint": self.fingerprint}
        self.attributes = {**named, **(attributes or {})}
        self._known: tuple[FileState | None, Mapping[str, str]] | None = None

    @property
    def arrays(self) -> Path:
        """The Zarr group. Its metadata says what it holds: `xarray.open_zarr(store.arrays, consolidated=False)`."""
        return self.path / "arrays.zarr"

    def create(self) -> None:
        """Make the folder if it does not exist. Raises UserError if it holds another store."""
        recorded = self.path / "about.json"
        if not recorded.exists():
            write_checked(recorded, {"fingerprint": self.fingerprint, **self.about, "tools": tool_versions()})
            return
        try:
            fingerprint = load_json(plain_bytes(recorded))["fingerprint"]
        except (ValueError, KeyError, TypeError):
            fingerprint = "unreadable"
        if fingerprint != self.fingerprint:
            raise UserError(f"{recorded} belongs to a store of other settings ({fingerprint}): move that folder away.")

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Keep the store from being removed while a command fills it. Creates it if it does not exist."""
        with held_folder(self.path):
            self.create()
            yield

    # --- rows

    def table(self) -> list[RowKey]:
        """Read all rows in order. Raises UserError if the table is damaged."""
        return list(read_table(self.path / "table.json", self.specs).rows)

    def metadata(self) -> dict[str, str]:
        """Read the sha256 of Zarr's own files (relative to the arrays' folder). Raises UserError as `table` does."""
        return read_table(self.path / "table.json", self.specs).metadata

    def allocate(self, keys: Sequence[RowKey]) -> dict[RowKey, int]:
        """Return a row for each key. New rows are appended, and the arrays grow. Creates the store if needed."""
        self.create()
        with self.locked():
            table = self.table()
            rows = {entry: row for row, entry in enumerate(table)}
            for entry in keys:
                if entry not in rows:
                    rows[entry] = len(table)
                    table.append(entry)
            # Arrays first: a table must not name a row that they do not have.
            with named_in_errors(self.path):
                metadata = self._grow([str(entry.key) for entry in table])
            write_table(self.path / "table.json", table, metadata)
        return {entry: rows[entry] for entry in keys}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the table and Zarr's metadata, in order to change them."""
        with open_plain(self.path / "lock", MAKE) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _grow(self, objects: Sequence[str]) -> dict[str, str]:
        """Give the arrays a row for each object. Returns the files that the objects share with their sha256.

        A file that differs from the recorded one, because it is damaged or its run was killed, is made anew: an array
        that a killed run left longer than the table, too.
        """
        recorded = self.metadata()
        for file in {*group_files(list(self.specs), 0), *present_fact_files(self.arrays)}:
            if not has_sha256(self.arrays / file, recorded.get(file, "")):
                (self.arrays / file).unlink(missing_ok=True)
        # Left by a killed Zarr; only the process with the lock writes these files.
        for partial in [file for pattern in PARTIAL_FILES for file in self.arrays.glob(pattern)]:
            partial.unlink()
        grow_group(self.arrays, list(self.specs.values()), self.attributes, objects)
        return self._shared_files(len(objects))

    def _shared_files(self, rows: int) -> dict[str, str]:
        """Return the files that the objects share, if the arrays have this many rows, with their sha256."""
        return {file: sha256_of(self.arrays / file) for file in group_files(list(self.specs), rows)}

    def row_facts(self) -> list[RowFacts]:
        """Read what the last receipt says of each row: nothing of a row that is not complete. Raises UserError."""
        with suppress(UserError):
            return self._row_facts()
        with self.locked():  # a stage may be changing them; a store that is copied may lie on a disk that is read-only
            return self._row_facts()

    def _row_facts(self) -> list[RowFacts]:
        if not self.damaged_metadata():
            with suppress(KeyError, ValueError, FileNotFoundError):
                return read_facts(self.arrays)
        raise UserError(f"{self.arrays}: 'split' is missing or damaged: repeat the stage that fills this store.")

    def set_row_facts(self, facts: Mapping[int, RowFacts]) -> None:
        """Write what a receipt says of these rows. Other rows keep what is said of them. Raises UserError."""
        with self.locked(), named_in_errors(self.path):
            table, before = self.table(), self._row_facts()
            after = [facts.get(row, said) for row, said in enumerate(before)]
            if after == before:
                return
            write_facts(self.arrays, after)
            write_table(self.path / "table.json", table, self._shared_files(len(after)))

    # --- objects

    def write(self, entry: RowKey, row: int, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> Done:
        """Write all arrays of an object, then its done-marker. Raises ValueError on a wrong shape or type.

        If two processes write the same row, which should not happen, they take turns.
        """
        if set(arrays) != set(self.specs):
            raise ValueError(f"arrays {sorted(arrays)} given, {sorted(self.specs)} wanted")
        for name, value in arrays.items():
            spec = self.specs[name]
            if value.shape != spec.shape or value.dtype != np.dtype(spec.dtype):
                raise ValueError(f"{name} is {value.dtype}{value.shape}, not {spec.dtype}{spec.shape}")
        with self._own_row(row):
            files = {}
            for name, value in arrays.items():
                file = self._write_chunks(name, row, value)
                files[file] = sha256_of(self.arrays / file)
            done = Done(row, entry.input, self.fingerprint, files, facts)
            marker = {**asdict(done), "synset": entry.key.synset, "id": entry.key.id}
            write_checked(self.marker_path(row), marker)
        return done

    def adopt(self, row: int, files: Mapping[str, bytes], marker: bytes) -> None:
        """Copy an object from another store with this fingerprint into the same row: its files, then its marker."""
        with self._own_row(row):
            for file, data in files.items():
                write_bytes(self.arrays / file, data)
            write_bytes(self.marker_path(row), marker)

    @contextmanager
    def _own_row(self, row: int) -> Iterator[None]:
        """Be the only writer of a row, of which nothing counts as done from now on. Raises UserError for a link."""
        for file in (self.marker_path(row), *(self.arrays / self.chunk_file(name, row) for name in self.specs)):
            refuse_links(self.path, file)
        place = self.path / "done" / f".{row}.lock"
        place.parent.mkdir(exist_ok=True)
        with named_in_errors(self.path), locked_file(place):
            try:
                self.marker_path(row).unlink(missing_ok=True)
                yield
            finally:
                place.unlink(missing_ok=True)

    def _write_chunks(self, name: str, row: int, value: np.ndarray) -> str:
        """Write one array of an object; returns its one file, relative to the arrays' folder."""
        file = self.chunk_file(name, row)
        place = self.arrays / file
        for partial in place.parent.glob(f"{place.name}.*.partial"):
            partial.unlink()  # Zarr's own, from a run that was killed
        place.unlink(missing_ok=True)  # Zarr reads an existing shard before it writes, and fails if it is damaged
        # By default Zarr skips chunks of zeros. But absence must mean "not made", and comparing every chunk with zero
        # halves the writing speed.
        with zarr.config.set({"array.write_empty_chunks": True}):
            array_of(zarr.open_group(self.arrays, mode="r+"), name)[row] = value
        return file

    def chunk_file(self, name: str, row: int) -> str:
        """Return the file of one array of an object, relative to the arrays' folder."""
        return "/".join([name, "c", str(row), *["0"] * len(self.specs[name].shape)])

    def marker_path(self, row: int) -> Path:
        """Return the path of an object's done-marker."""
        return self.path / "done" / f"{row}.json"

    def done(self, row: int) -> Done | None:
        """Read an object's done-marker. Returns None if it is missing, damaged, or of another store."""
        try:
            marker = read_checked_as(self.marker_path(row), Done)
        except (FileNotFoundError, IsADirectoryError, ValueError):
            return None
        files = {self.chunk_file(name, row) for name in self.specs}
        return marker if (marker.fingerprint, marker.row, set(marker.files)) == (self.fingerprint, row, files) else None

    def verified(self, row: int, entry: RowKey) -> Done | None:
        """Return the done-marker if it is of `entry`'s inputs and all chunk files have their checksums, else None."""
        marker = self.done(row)
        if marker is None or marker.input != entry.input:
            return None
        return marker if all(has_sha256(self.arrays / file, sha) for file, sha in marker.files.items()) else None

    def read(self, name: str, row: int, view: int | None = None) -> np.ndarray:
        """Read one array of an object, or one view of it. Raises UserError if it is not done or not as its marker says.

        Every read compares the checksum. Zarr reads a missing chunk as zeros, and a stage would store what it makes of
        them under the fingerprint of sound inputs.
        """
        self.require_sound(name, row)
        return self.values(self.open_array(name, row), row, view)

    def require_sound(self, name: str, row: int) -> None:
        """Raise UserError if an object is not done, or its file of one array does not have its checksum."""
        marker = self.done(row)
        file = self.chunk_file(name, row)
        if marker is None or not has_sha256(self.arrays / file, marker.files[file]):
            raise self._damaged(name, row)

    def open_array(self, name: str, row: int) -> zarr.Array[Any]:
        """Open one of Zarr's arrays. Raises UserError if Zarr's files are missing, damaged, or not of this layout.

        Their checksums are compared first: another byte order in them gives other values of sound chunks.
        """
        files, spec = ("zarr.json", f"{name}/zarr.json"), self.specs[name]
        state = file_state(self.path / "table.json")
        if self._known is None or self._known[0] != state:  # for every row of every array it would take longer
            self._known = state, self.metadata()
        damaged = self._differing(files, self._known[1])
        if damaged:
            with self.locked():  # a stage may be giving the arrays more rows
                damaged = self._differing(files, self.metadata())
        if damaged:
            raise UserError(
                f"{damaged[0]} is missing or damaged: repeat the stage that fills this store, which writes it again."
            )
        with suppress(KeyError, ValueError, FileNotFoundError):
            array = array_of(zarr.open_group(self.arrays, mode="r"), name)
            if array.shape[1:] == spec.shape and array.dtype == np.dtype(spec.dtype):
                return array
        raise self._damaged(name, row)

    def damaged_metadata(self) -> list[Path]:
        """List Zarr's own files that differ from their checksums. Raises UserError if the table is damaged."""
        recorded = self.metadata()
        return self._differing(recorded, recorded)

    def _differing(self, files: Iterable[str], recorded: Mapping[str, str]) -> list[Path]:
        return [self.arrays / file for file in files if not has_sha256(self.arrays / file, recorded.get(file, ""))]

    def values(self, array: zarr.Array[Any], row: int, view: int | None) -> np.ndarray:
        """Read a row of an array, or one view of it. Raises UserError if that fails."""
        with suppress(KeyError, ValueError, FileNotFoundError):
            return np.asarray(array[row] if view is None else array[row, view])
        raise self._damaged(array.basename, row)

    def _damaged(self, name: str, row: int) -> UserError:
        return UserError(
            f"{self.path}: row {row} of '{name}' is missing or damaged: repeat the stage that fills this store, or "
            "`dvc repro --force`."
        )

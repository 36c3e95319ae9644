"""A store: a Zarr v3 group of per-object arrays in a folder that is named by its fingerprint.

    <root>/<kind>/<category>/<fingerprint>/
        about.json          what the fingerprint was made of, and the versions of the tools (recorded, not hashed)
        table.json          rows: the i-th entry names the object in row i; it only grows. Checksums of Zarr's metadata
        arrays.zarr/        one array a name, the first axis is the row
        done/<row>.json     written last: the object's chunk files with their sha256
        failures.jsonl      objects that could not be made, and why
        lock, in-use.lock   empty: held by who changes the table, and by the commands that fill the store

An object is there if its done-marker is: a Zarr chunk that was never written reads as zeros and proves nothing. A row
belongs to an object AND to the digest of its inputs: a mesh that changed on disk gets a new row, the old one stays.
about.json, table.json and the markers carry checksums of themselves; a marker whose own does not fit is none.
"""

from __future__ import annotations

import fcntl
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import zarr
from zarr.codecs import BloscCodec

from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.stores.atomic_files import digest_of, held_folder, locked_file, named_in_errors, sha256_of, write_bytes
from pipeline.stores.checked_json import DamagedJsonError, read_checked, write_checked

FINGERPRINT_CHARACTERS = 16
RECORDED_TOOLS = (  # those that are installed
    "numpy", "zarr", "trimesh", "embreex", "pyrender2", "bpy", "scikit-image", "torch", "torchvision",
    "timm", "diffusers", "transformers",
)  # fmt: skip


@dataclass(frozen=True)
class ArraySpec:
    """One array of a store: the shape of one object's part of it, and how it is cut into files.

    One file an object: a chunk, or a shard of chunks of `chunk` where a reader wants less than a whole object.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    chunk: tuple[int, ...] | None = None
    shuffle: Literal["shuffle", "bitshuffle"] = "bitshuffle"


@dataclass(frozen=True)
class RowKey:
    """What a row holds: an object, made from inputs with this digest."""

    key: ObjectKey
    input: str


@dataclass(frozen=True)
class Done:
    """A done-marker: chunk files (relative to the arrays' folder) with their sha256, and facts worth keeping."""

    row: int
    input: str
    fingerprint: str
    files: Mapping[str, str]
    facts: Mapping[str, Any]

    @property
    def content(self) -> str:
        """A digest of everything stored of the object, whatever its row."""
        return digest_of({file.partition("/")[0]: sha for file, sha in self.files.items()})

    def content_of(self, name: str) -> str:
        """A digest of what one array holds of the object, whatever its row."""
        return digest_of([sha for file, sha in self.files.items() if file.startswith(f"{name}/")])


class Store:
    """A store's place and layout. Making one writes nothing; `create` does.

    Any number of processes may write to it, each its own rows.
    """

    def __init__(self, root: Path, kind: str, category: str, recipe: Mapping[str, Any], specs: Sequence[ArraySpec]):
        """`recipe` is everything that changes the content; it is what the fingerprint is made of."""
        self.kind, self.category, self.recipe = kind, category, dict(recipe)
        self.specs = {spec.name: spec for spec in specs}
        layout = {name: asdict(spec) for name, spec in self.specs.items()}
        self.about = {"kind": kind, "category": category, "recipe": self.recipe, "layout": layout}
        self.fingerprint = digest_of(self.about)[:FINGERPRINT_CHARACTERS]
        self.path = root / kind / category / self.fingerprint

    def create(self) -> None:
        """Make the folder if it is not there. Raises UserError where it holds something else."""
        recorded = self.path / "about.json"
        if not recorded.exists():
            write_checked(recorded, {"fingerprint": self.fingerprint, **self.about, "tools": _tools()})
            return
        try:
            held = json.loads(recorded.read_text())["fingerprint"]
        except (ValueError, KeyError, TypeError):
            held = "unreadable"
        if held != self.fingerprint:
            raise UserError(f"{recorded} belongs to a store of other settings ({held}): move that folder away.")

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Held by a command for as long as it fills the store, so that nobody removes it. Creates it if need be."""
        with held_folder(self.path):
            self.create()
            yield

    # --- rows

    def table(self) -> list[RowKey]:
        """All rows in order. Raises UserError if the table is damaged."""
        return [RowKey(ObjectKey(e["synset"], e["id"]), e["input"]) for e in self._recorded()["rows"]]

    def metadata(self) -> dict[str, str]:
        """Zarr's own files (relative to the arrays' folder) with their sha256. Raises UserError as `table` does."""
        return dict(self._recorded()["metadata"])

    def _recorded(self) -> dict[str, Any]:
        path = self.path / "table.json"
        try:
            return read_checked(path)
        except FileNotFoundError:
            return {"rows": [], "metadata": {}}
        except DamagedJsonError:
            raise UserError(
                f"{path} is damaged: remove it and repeat the stage, which gives rows anew and keeps what fits them."
            ) from None

    def allocate(self, wanted: Sequence[RowKey]) -> dict[RowKey, int]:
        """A row for each; new ones are appended, and the arrays grow to hold them. Creates the store if need be."""
        self.create()
        with self.locked():
            table = self.table()
            rows = {entry: row for row, entry in enumerate(table)}
            for entry in wanted:
                if entry not in rows:
                    rows[entry] = len(table)
                    table.append(entry)
            # Arrays first: a table must not name a row that they do not have.
            with named_in_errors(self.path):
                metadata = self._grow(len(table))
            listed = [{"synset": e.key.synset, "id": e.key.id, "input": e.input} for e in table]
            write_checked(self.path / "table.json", {"rows": listed, "metadata": metadata})
        return {entry: rows[entry] for entry in wanted}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Held by whoever changes the table or Zarr's metadata."""
        with (self.path / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _grow(self, rows: int) -> dict[str, str]:
        """Let the arrays have so many rows; returns Zarr's files with their sha256.

        A file that is not the recorded one, damaged or from a run that was killed here, is made anew.
        """
        arrays = self.path / "arrays.zarr"
        files = ["zarr.json", *(f"{name}/zarr.json" for name in self.specs)]
        recorded = self.metadata()
        for file in files:
            if not self._sound(file, recorded.get(file, "")):
                (arrays / file).unlink(missing_ok=True)
        for partial in [*arrays.glob("zarr.*.partial"), *arrays.glob("*/zarr.*.partial")]:
            partial.unlink()  # what Zarr leaves of its metadata when it is killed; only the lock's holder writes any
        group = zarr.open_group(arrays, mode="a", zarr_format=3)
        for spec in self.specs.values():
            if spec.name in group:
                array = _array(group, spec.name)
                if array.shape[0] < rows:
                    array.resize((rows, *spec.shape))
                continue
            whole = (1, *spec.shape)
            group.create_array(
                spec.name,
                shape=(rows, *spec.shape),
                dtype=spec.dtype,
                chunks=(1, *spec.chunk) if spec.chunk else whole,
                shards=whole if spec.chunk else None,
                compressors=BloscCodec(cname="lz4", clevel=5, shuffle=spec.shuffle),
            )
        return {file: sha256_of(arrays / file) for file in files}

    # --- objects

    def write(self, entry: RowKey, row: int, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> Done:
        """Write all of an object's arrays, then its done-marker. Raises ValueError on a wrong shape or type.

        Two processes that are at one row, which should not happen, take turns.
        """
        if set(arrays) != set(self.specs):
            raise ValueError(f"arrays {sorted(arrays)} given, {sorted(self.specs)} wanted")
        for name, value in arrays.items():
            spec = self.specs[name]
            if value.shape != spec.shape or value.dtype != np.dtype(spec.dtype):
                raise ValueError(f"{name} is {value.dtype}{value.shape}, not {spec.dtype}{spec.shape}")
        with self._own_row(row):
            self.marker_path(row).unlink(missing_ok=True)
            files = {}
            for name, value in arrays.items():
                file = self._write_chunks(name, row, value)
                files[file] = sha256_of(self.path / "arrays.zarr" / file)
            done = Done(row, entry.input, self.fingerprint, files, facts)
            marker = {**asdict(done), "synset": entry.key.synset, "id": entry.key.id}
            write_checked(self.marker_path(row), marker)
        return done

    def adopt(self, row: int, files: Mapping[str, bytes], marker: bytes) -> None:
        """Write an object as another store of this fingerprint has it in this row: its files, then its marker."""
        with self._own_row(row):
            self.marker_path(row).unlink(missing_ok=True)
            for file, data in files.items():
                write_bytes(self.path / "arrays.zarr" / file, data)
            write_bytes(self.marker_path(row), marker)

    @contextmanager
    def _own_row(self, row: int) -> Iterator[None]:
        place = self.path / "done" / f".{row}.lock"
        place.parent.mkdir(exist_ok=True)
        with named_in_errors(self.path), locked_file(place):
            try:
                yield
            finally:
                place.unlink(missing_ok=True)

    def _write_chunks(self, name: str, row: int, value: np.ndarray) -> str:
        """Write one array of an object; returns its one file, relative to the arrays' folder."""
        file = self.chunk_file(name, row)
        place = self.path / "arrays.zarr" / file
        for partial in place.parent.glob(f"{place.name}.*.partial"):
            partial.unlink()  # Zarr's own, from a run that was killed
        place.unlink(missing_ok=True)  # Zarr reads a shard that is there before it writes, and fails if it is damaged
        # Zarr skips chunks of nothing but zeros unless told otherwise, per process: absence must mean "not made", and
        # comparing every chunk with zero halves the writing speed.
        with zarr.config.set({"array.write_empty_chunks": True}):
            _array(zarr.open_group(self.path / "arrays.zarr", mode="r+"), name)[row] = value
        return file

    def chunk_file(self, name: str, row: int) -> str:
        """The one file of an array of an object, relative to the arrays' folder."""
        return "/".join([name, "c", str(row), *["0"] * len(self.specs[name].shape)])

    def marker_path(self, row: int) -> Path:
        """Where an object's done-marker is."""
        return self.path / "done" / f"{row}.json"

    def done(self, row: int) -> Done | None:
        """An object's done-marker, if it is there, as it was written, and belongs to this store."""
        try:
            held = read_checked(self.marker_path(row))
            marker = Done(held["row"], held["input"], held["fingerprint"], held["files"], held["facts"])
        except (FileNotFoundError, IsADirectoryError, DamagedJsonError, KeyError):
            return None
        return marker if (marker.fingerprint, marker.row) == (self.fingerprint, row) else None

    def verified(self, row: int, entry: RowKey) -> Done | None:
        """The done-marker if it was made from `entry`'s inputs and every chunk file has its checksum, else None."""
        marker = self.done(row)
        if marker is None or marker.input != entry.input:
            return None
        return marker if all(self._sound(file, sha) for file, sha in marker.files.items()) else None

    def _sound(self, file: str, sha: str) -> bool:
        path = self.path / "arrays.zarr" / file
        return path.exists() and sha256_of(path) == sha

    def read(self, name: str, row: int, view: int | None = None) -> np.ndarray:
        """One array of one object, or one view of it. Raises UserError if it is not done or not what its marker says.

        The checksum is read with the data: Zarr reads a chunk that is missing as zeros, and a stage that took them for
        data would keep what it makes of them under a fingerprint that speaks of sound inputs.
        """
        self.require_sound(name, row)
        return self.values(self.open_array(name, row), row, view)

    def require_sound(self, name: str, row: int) -> None:
        """Compare an object's file of one array with its checksum. Raises UserError if it is not done or not sound."""
        marker = self.done(row)
        files = {} if marker is None else {f: sha for f, sha in marker.files.items() if f.startswith(f"{name}/")}
        if not files or not all(self._sound(file, sha) for file, sha in files.items()):
            raise self._damaged(name, row)

    def open_array(self, name: str, row: int) -> zarr.Array[Any]:
        """One of Zarr's arrays, wanted for a row. Raises UserError if Zarr's own files are missing or damaged."""
        with suppress(KeyError, ValueError, FileNotFoundError):
            return _array(zarr.open_group(self.path / "arrays.zarr", mode="r"), name)
        raise self._damaged(name, row)

    def values(self, array: zarr.Array[Any], row: int, view: int | None) -> np.ndarray:
        """A row of an array, or one view of it. Raises UserError if it cannot be read."""
        with suppress(KeyError, ValueError, FileNotFoundError):
            return np.asarray(array[row] if view is None else array[row, view])
        raise self._damaged(array.basename, row)

    def _damaged(self, name: str, row: int) -> UserError:
        return UserError(
            f"{self.path}: row {row} of '{name}' is missing or damaged: repeat the stage that fills this store, or "
            "`dvc repro --force`."
        )


def _tools() -> dict[str, str]:
    """The versions of Python and of the tools that are installed."""
    versions = {"python": platform.python_version()}
    for name in RECORDED_TOOLS:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions


def _array(group: zarr.Group, name: str) -> zarr.Array[Any]:
    return cast("zarr.Array[Any]", group[name])  # a store's group holds arrays and no groups

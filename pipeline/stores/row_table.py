"""table.json of a store: the object in each row, and the checksums of Zarr's own files."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.stores.checked_json import read_checked, write_checked
from pipeline.stores.zarr_group import group_files


@dataclass(frozen=True)
class RowKey:
    """The content of a row: an object, made from inputs with the digest `input`."""

    key: ObjectKey
    input: str


@dataclass(frozen=True)
class RowTable:
    """The rows in order, and the sha256 of Zarr's own files by their path in the arrays' folder."""

    rows: tuple[RowKey, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Row:
    """A row as it stands in the file."""

    synset: str
    id: str
    input: str


@dataclass(frozen=True)
class _File:
    """The content of the file."""

    rows: list[_Row]
    metadata: dict[str, str]


_FILE = TypeAdapter(_File)


def read_table(path: Path, arrays: Collection[str]) -> RowTable:
    """Read the table of a store with these arrays; an empty one if there is no file.

    Raises UserError if it is damaged, or lists files that are none of Zarr's in such a store: nobody else's are
    compared, copied or replaced.
    """
    try:
        file = _FILE.validate_python(read_checked(path))
        if not set(file.metadata) <= set(group_files(list(arrays), 0, chunks=len(file.metadata))):
            raise ValueError("a file of none of the arrays")
    except FileNotFoundError:
        return RowTable()
    except ValueError:
        raise UserError(
            f"{path} is damaged: remove it and repeat the stage, which gives rows anew and keeps what fits them."
        ) from None
    return RowTable(tuple(RowKey(ObjectKey(row.synset, row.id), row.input) for row in file.rows), file.metadata)


def write_table(path: Path, rows: Sequence[RowKey], metadata: dict[str, str]) -> None:
    """Write the table with its checksum."""
    listed = [_Row(entry.key.synset, entry.key.id, entry.input) for entry in rows]
    write_checked(path, asdict(_File(listed, metadata)))

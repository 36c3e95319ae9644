"""table.json of a store: the object in each row, and the checksums of Zarr's own files."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.stores.checked_json import read_checked_as, write_checked
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
class _File:
    """The content of the file; a row has synset, id and input."""

    rows: list[dict[str, str]]
    metadata: dict[str, str]


def read_table(path: Path, arrays: Collection[str]) -> RowTable:
    """Read the table of a store with these arrays; an empty one if there is no file.

    Raises UserError if it is damaged, or lists files that are none of Zarr's in such a store: nobody else's are
    compared, copied or replaced.
    """
    try:
        file = read_checked_as(path, _File)
        rows = tuple(RowKey(ObjectKey(row["synset"], row["id"]), row["input"]) for row in file.rows)
        if not set(file.metadata) <= set(group_files(list(arrays), 0, chunks=len(file.metadata))):
            raise ValueError("a file of none of the arrays")
    except FileNotFoundError:
        return RowTable()
    except (ValueError, KeyError):
        raise UserError(
            f"{path} is damaged: remove it and repeat the stage, which gives rows anew and keeps what fits them."
        ) from None
    return RowTable(rows, file.metadata)


def write_table(path: Path, rows: Sequence[RowKey], metadata: dict[str, str]) -> None:
    """Write the table with its checksum."""
    listed = [{"synset": entry.key.synset, "id": entry.key.id, "input": entry.input} for entry in rows]
    write_checked(path, asdict(_File(listed, metadata)))

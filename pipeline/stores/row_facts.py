"""Facts about a store's rows that stand beside their arrays: the object of each, its split and its licence.

These stand in Zarr arrays of strings along the axis of the rows. `object` is written when a row is given to an object.
`split` and `licence` are written just before a receipt, and taken away before a row is made again: they are empty for
every row that is not complete, or that no receipt names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import zarr

from pipeline.stores.array_spec import ROW_AXIS

ROWS_IN_A_FILE = 4096
RECEIPT_FACTS = ("split", "licence")
DESCRIPTIONS = {
    ROW_AXIS: "The object in each row: synset/id. An object whose files have changed has a new row; its old row stays.",
    "split": "train, val or test. Empty: the row is not complete, or the last receipt does not name it; do not use it.",
    "licence": "The terms that an object comes with, by its source.",
}
FACT_NAMES = tuple(DESCRIPTIONS)


@dataclass(frozen=True)
class RowFacts:
    """An object's split and licence, as a receipt has them."""

    split: str
    licence: str


NO_FACTS = RowFacts("", "")


def fact_files(rows: int, chunks: int | None = None) -> list[str]:
    """List the files of these arrays for a number of rows, relative to the group's folder: metadata, then values."""
    chunks = -(-rows // ROWS_IN_A_FILE) if chunks is None else chunks
    return [file for name in DESCRIPTIONS for file in (f"{name}/zarr.json", *(f"{name}/c/{i}" for i in range(chunks)))]


def present_fact_files(folder: Path) -> list[str]:
    """List the files of values that exist, relative to the group's folder."""
    return [path.relative_to(folder).as_posix() for name in DESCRIPTIONS for path in (folder / name / "c").glob("*")]


def grow_facts(group: zarr.Group, names: Sequence[str]) -> None:
    """Make the arrays if they do not exist, give them a row for each object, and write the objects' names."""
    rows = len(names)
    for name, description in DESCRIPTIONS.items():
        if name not in group:
            group.create_array(
                name,
                shape=(rows,),
                chunks=(ROWS_IN_A_FILE,),
                dtype="string",
                compressors=None,
                dimension_names=(ROW_AXIS,),
                attributes={"description": description},
            )
        elif _strings(group, name).shape[0] < rows:
            _strings(group, name).resize((rows,))
    _write(group, ROW_AXIS, names)
    for name in RECEIPT_FACTS:
        _write(group, name, _read(group, name))  # a file that was never written is made: its checksum is recorded


def read_facts(folder: Path) -> list[RowFacts]:
    """Read the facts of all rows of a group. Raises what Zarr raises if its files are missing or damaged."""
    group = zarr.open_group(folder, mode="r")
    return [RowFacts(*facts) for facts in zip(*(_read(group, name) for name in RECEIPT_FACTS), strict=True)]


def write_facts(folder: Path, facts: Sequence[RowFacts]) -> None:
    """Write the facts of all rows of a group."""
    group = zarr.open_group(folder, mode="r+")
    for name in RECEIPT_FACTS:
        _write(group, name, [getattr(row, name) for row in facts])


def _read(group: zarr.Group, name: str) -> list[str]:
    return [str(value) for value in np.asarray(_strings(group, name)[:])]


def _write(group: zarr.Group, name: str, values: Sequence[str]) -> None:
    folder = cast("zarr.storage.LocalStore", group.store).root / group.path / name / "c"
    written = all((folder / str(chunk)).is_file() for chunk in range(_strings(group, name).nchunks))
    if written and _read(group, name) == list(values):
        return  # a second run of a stage leaves every file alone
    with zarr.config.set({"array.write_empty_chunks": True}):  # absence of a file would be damage
        if values:
            _strings(group, name)[:] = np.array(values, dtype=object)


def _strings(group: zarr.Group, name: str) -> zarr.Array[Any]:
    return cast("zarr.Array[Any]", group[name])

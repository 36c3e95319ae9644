"""Rows of results in a Parquet file."""

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import UserError
from pipeline.stores.atomic_files import write_bytes


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> None:
    """Replace `path` by the rows, in their order. Equal rows give equal bytes."""
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), sink, compression="zstd")
    write_bytes(path, sink.getvalue())


def read_rows(path: Path, schema: pa.Schema) -> list[dict[str, Any]]:
    """Read the rows. Raises UserError if it is no whole Parquet file, or if a column is not as the schema has it."""
    try:
        table = pq.read_table(io.BytesIO(path.read_bytes()))
    except (OSError, pa.ArrowException) as error:
        raise UserError(
            f"{path}: cannot be read as a Parquet table ({error}); run `pipeline evaluate` again."
        ) from None
    for field in schema:
        if field.name not in table.column_names:
            raise unsound(path, field.name, "is missing")
        column = table.column(field.name)
        if column.type != field.type:
            raise unsound(path, field.name, f"is {column.type}, not {field.type}")
        if not field.nullable and column.null_count:
            raise unsound(path, field.name, "has empty cells")
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def unsound(path: Path, column: str, what: str) -> UserError:
    """Return the error for a column that does not hold what it should."""
    return UserError(f"{path}: column '{column}' {what}; run `pipeline evaluate` again.")

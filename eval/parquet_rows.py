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


def read_rows(path: Path) -> pa.Table:
    """The file as a table, whatever its columns. Raises UserError if it is no whole Parquet file."""
    try:
        return pq.read_table(io.BytesIO(path.read_bytes()))
    except (OSError, pa.ArrowException) as error:
        raise UserError(
            f"{path}: cannot be read as a Parquet table ({error}); run `pipeline evaluate` again."
        ) from None

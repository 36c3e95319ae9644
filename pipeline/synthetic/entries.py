"""Write files so that each folder or file appears at once or not at all."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from pipeline.stores.plain_files import empty_folder


@dataclass(frozen=True)
class Entry:
    """A folder of files, or one file, under the root of the data sets.

    `files` maps paths inside the folder `path` to their bytes; for a single file the one key is "".
    """

    path: str
    files: Mapping[str, bytes]


def json_bytes(value: object) -> bytes:
    """JSON as the published data sets have it: on one line."""
    return json.dumps(value).encode()


def table(rows: Shaped[np.ndarray, "n c"], row_format: str) -> str:
    """Rows of numbers as lines; `row_format` is the %-format of one row, without its line end."""
    return (row_format + "\n") * len(rows) % tuple(rows.ravel().tolist())


def write_entries(root: Path, staging: Path, entries: Sequence[Entry]) -> None:
    """Write the entries into the folder `staging`, then move each to its place under `root`.

    Entries that are there keep their files and their times: otherwise the survey would see a change after each run.
    """
    empty_folder(staging)
    entries = [entry for entry in entries if not _is_there(root, entry)]
    for number, entry in enumerate(entries):
        for inner, content in entry.files.items():
            file = staging / str(number) / inner
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    for number, entry in enumerate(entries):  # an older folder or file of that name is replaced
        target = root / entry.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            shutil.rmtree(target)
        os.replace(staging / str(number), target)  # noqa: PTH105  a rename on one file system is atomic
    staging.rmdir()


def _is_there(root: Path, entry: Entry) -> bool:
    files = {root / entry.path / inner: content for inner, content in entry.files.items()}
    return all(file.is_file() and file.read_bytes() == content for file, content in files.items())

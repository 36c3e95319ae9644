"""The folder of an export: its record, and files that are whole or absent, none of them outside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.errors import UserError
from pipeline.stores.atomic_files import json_bytes, write_bytes, write_pieces
from pipeline.stores.plain_files import refuse_links

RECORD = "export.json"  # says what the folder holds, or will hold when the export is complete


@dataclass(frozen=True)
class ExportFolder:
    """A folder that one export fills. `open` makes it."""

    root: Path

    @staticmethod
    def open(root: Path, record: Mapping[str, Any]) -> ExportFolder:
        """Make the folder and its record, or take up an export with the same record that was stopped.

        Raises UserError if the folder holds anything else.
        """
        if root.is_symlink() or (root.exists() and not root.is_dir()):
            raise UserError(f"--out {root} is no folder: name one, or one that does not exist yet.")
        data, path = json_bytes(record), root / RECORD
        present = {entry.name for entry in root.iterdir()} if root.is_dir() else set()
        if path.is_file() and not path.is_symlink() and path.read_bytes() == data:
            return ExportFolder(root)
        if present - {f".{RECORD}.partial"}:  # left by an export that was killed in its first moment
            reason = "holds an export of other settings or data" if RECORD in present else "is not empty"
            raise UserError(f"--out {root} {reason}: name an empty folder, or one that does not exist yet.")
        write_bytes(path, data)
        return ExportFolder(root)

    def has(self, file: PurePosixPath) -> bool:
        """Return whether a file is there: then it is whole. Raises UserError as `write` does."""
        return self._inside(file).is_file()

    def write(self, file: PurePosixPath, pieces: Iterable[bytes]) -> None:
        """Write a file. Raises UserError if its name leads out of the folder, or through a symbolic link."""
        write_pieces(self._inside(file), pieces)

    def _inside(self, file: PurePosixPath) -> Path:
        if file.is_absolute() or not file.parts or ".." in file.parts:
            raise UserError(f"{file} leads out of {self.root}: the name of an object or category is damaged.")
        refuse_links(self.root, self.root / file)
        return self.root / file

"""The content of a folder, to compare."""

from pathlib import Path

from pipeline.stores.atomic_files import sha256_of


def contents(folder: Path, *without: str) -> dict[str, str]:
    """Every file below `folder` with its sha256, except those whose path holds one of `without`."""
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: sha256_of(path) for name, path in files.items() if not any(part in name for part in without)}

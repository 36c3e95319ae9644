"""Copies of stores and projections, with the same rows and the same bytes. Killed at any moment, a copy continues.

What is read is compared with its checksum before it is written; markers come last, so a half copied object is none.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.atomic_files import write_bytes
from pipeline.checked_json import DamagedJsonError, read_checked
from pipeline.errors import UserError
from pipeline.stores.places import Place
from pipeline.stores.store import RowKey, Store
from pipeline.stores.verify_projection import ABOUT, RECORD, TENSORS, check_projection


@dataclass(frozen=True)
class Copied:
    """What became of one thing: bytes read, and written (none if it was there and sound), or why it was not copied."""

    read: int = 0
    written: int = 0
    damage: str | None = None


def refuse_links(destination: Path, folder: Path) -> None:
    """Raises UserError if a symbolic link below `destination` leads into `folder`, or lies in it."""
    above = [path for path in (folder, *folder.parents) if destination in path.parents]
    for path in above:
        _refuse_link(path)
    for here, folders, files in os.walk(folder):
        for name in (*folders, *files):
            _refuse_link(Path(here) / name)


def _refuse_link(path: Path) -> None:
    if path.is_symlink():
        raise UserError(f"{path} is a symbolic link, and nothing is written through one: replace it by what it names.")


def twin(store: Store, place: Place, destination: Path) -> Store:
    """The store of the same fingerprint below another storage.root."""
    root = place.below(destination).parents[2]
    return Store(root, store.kind, store.category, store.recipe, list(store.specs.values()))


def copy_frame(source: Store, target: Store) -> None:
    """Everything but the objects. The target keeps rows of its own beyond the source's.

    Raises UserError if its rows are others, or the source is damaged.
    """
    _copy_about(source, target)
    with target.locked():
        ours = source.table()
        theirs = _table(target)
        shared = min(len(ours), len(theirs))
        if ours[:shared] != theirs[:shared]:
            raise UserError(
                f"{target.path / 'table.json'} has other objects in its rows than {source.path / 'table.json'}: move "
                f"{target.path} away, or copy to another folder."
            )
        if len(theirs) < len(ours) or (len(theirs) == len(ours) and not _is_whole(target)):
            metadata = source.metadata()
            for file, sha in metadata.items():
                data = (source.path / "arrays.zarr" / file).read_bytes()
                if hashlib.sha256(data).hexdigest() != sha:
                    raise UserError(f"{source.path / 'arrays.zarr' / file} is damaged: run `pipeline store verify`.")
                write_bytes(target.path / "arrays.zarr" / file, data)
            write_bytes(target.path / "table.json", (source.path / "table.json").read_bytes())
    for reasons in source.path.glob("failures*.jsonl"):
        write_bytes(target.path / reasons.name, reasons.read_bytes())


def _copy_about(source: Store, target: Store) -> None:
    try:
        read_checked(target.path / "about.json")
    except (FileNotFoundError, DamagedJsonError):
        write_bytes(target.path / "about.json", (source.path / "about.json").read_bytes())
    target.create()


def _table(target: Store) -> list[RowKey]:
    try:
        return target.table()
    except UserError:
        raise UserError(f"{target.path / 'table.json'} is damaged: remove it and copy again.") from None


def _is_whole(target: Store) -> bool:
    """Is Zarr's metadata what the table says?"""
    arrays = target.path / "arrays.zarr"
    return all(
        (arrays / file).exists() and hashlib.sha256((arrays / file).read_bytes()).hexdigest() == sha
        for file, sha in target.metadata().items()
    )


def copy_object(source: Store, target: Store, row: int, entry: RowKey) -> Copied:
    """Copy one object that is done, unless it is there to the byte."""
    done = source.done(row)
    if done is None:
        return Copied(damage=f"{source.marker_path(row)} is damaged")
    marker = source.marker_path(row).read_bytes()
    if _bytes_of(target.marker_path(row)) == marker and target.verified(row, entry) is not None:
        return Copied(sum((target.path / "arrays.zarr" / file).stat().st_size for file in done.files))
    files = {}
    for name in source.specs:
        file = source.chunk_file(name, row)  # not as the marker names it: a path is nothing to take from a file
        data = _bytes_of(source.path / "arrays.zarr" / file)
        if data is None or hashlib.sha256(data).hexdigest() != done.files.get(file):
            return Copied(damage=f"{source.path / 'arrays.zarr' / file} is damaged or missing")
        files[file] = data
    target.adopt(row, files, marker)
    size = sum(len(data) for data in files.values())
    return Copied(size, size)


def copy_projection(root: Path, destination: Path, place: Place) -> Copied:
    """Copy a projection, its record last."""
    source, target = place.below(root), place.below(destination)
    checked = check_projection(root, place)
    if checked.content is None:
        return Copied(damage=str(checked.damage[0]) if checked.damage else f"{source} is unfinished")
    there = check_projection(destination, place)
    if there.content == checked.content and _bytes_of(target / RECORD) == _bytes_of(source / RECORD):
        return Copied(checked.bytes)
    (target / RECORD).unlink(missing_ok=True)
    for name in (ABOUT, TENSORS, RECORD):
        write_bytes(target / name, (source / name).read_bytes())
    return Copied(checked.bytes, checked.bytes)


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None

"""Copies of stores and projections, with the same rows and the same bytes. Killed at any moment, a copy continues.

What is read is compared with its checksum before it is written; markers come last, so a half copied object is none.
"""

import errno
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline.artifacts.places import Place
from pipeline.artifacts.projections import ABOUT, RECORD, TENSORS
from pipeline.errors import UserError
from pipeline.stores.atomic_files import write_bytes
from pipeline.stores.checked_json import DamagedJsonError, read_checked
from pipeline.stores.store import RowKey, Store
from pipeline.upkeep.checks import check_object, check_projection

CONCERNS_ALL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # a destination that takes nothing at all


@dataclass(frozen=True)
class Copied:
    """What became of one thing: bytes read, and written (none if it was there and sound), or why it was not copied.

    `damage` is the source's; `refused` says what stands in its place, sound and of other content, and is left.
    """

    read: int = 0
    written: int = 0
    damage: str | None = None
    refused: str | None = None


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
    """Everything but the objects, of a source that is whole. The target keeps rows of its own beyond the source's.

    Raises UserError if its rows are others.
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
            for file in source.metadata():
                write_bytes(target.path / "arrays.zarr" / file, (source.path / "arrays.zarr" / file).read_bytes())
            write_bytes(target.path / "table.json", (source.path / "table.json").read_bytes())
    for reasons in source.path.glob("failures*.jsonl"):
        if not (target.path / reasons.name).exists():
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
    return damaged_metadata(target) is None


def damaged_metadata(store: Store) -> Path | None:
    """The first of Zarr's files that is not what the table says. Raises UserError if the table is damaged."""
    arrays = store.path / "arrays.zarr"
    recorded = store.metadata().items()
    return next((arrays / file for file, sha in recorded if _sha_of(arrays / file) != sha), None)


def _sha_of(path: Path) -> str | None:
    data = _bytes_of(path)
    return None if data is None else hashlib.sha256(data).hexdigest()


def copy_object(source: Store, target: Store, row: int, entry: RowKey) -> Copied:
    """Copy one object that is done, unless it is there and sound."""
    done = source.done(row)
    if done is None:
        return Copied(damage=f"{source.marker_path(row)} is damaged")
    there = check_object(target, row, entry, "").content
    if there == done.content:
        return Copied(sum((target.path / "arrays.zarr" / file).stat().st_size for file in done.files))
    marker = source.marker_path(row).read_bytes()
    files = {}
    for name in source.specs:
        file = source.chunk_file(name, row)  # not as the marker names it: a path is nothing to take from a file
        data = _bytes_of(source.path / "arrays.zarr" / file)
        if data is None or hashlib.sha256(data).hexdigest() != done.files.get(file):
            return Copied(damage=f"{source.path / 'arrays.zarr' / file} is damaged or missing")
        files[file] = data
    if there is not None:
        return refused_for(f"{entry.key} in {target.path}", source.path)
    return written(target.marker_path(row), sum(map(len, files.values())), partial(target.adopt, row, files, marker))


def copy_projection(root: Path, destination: Path, place: Place) -> Copied:
    """Copy a projection, its record last, unless one is there and sound."""
    source, target = place.below(root), place.below(destination)
    checked = check_projection(root, place)
    if checked.content is None:
        return Copied(damage=str(checked.damage[0]) if checked.damage else f"{source} is unfinished")
    there = check_projection(destination, place)
    if there.content == checked.content and _bytes_of(target / RECORD) == _bytes_of(source / RECORD):
        return Copied(checked.bytes)
    if there.content is not None:
        return refused_for(target, source)
    files = {name: (source / name).read_bytes() for name in (ABOUT, TENSORS, RECORD)}

    def write() -> None:
        (target / RECORD).unlink(missing_ok=True)
        for name, data in files.items():
            write_bytes(target / name, data)

    return written(target, checked.bytes, write)


def refused_for(there: object, source: Path) -> Copied:
    """Something of the destination that is sound and not what the source has: it may be all that is left of it."""
    return Copied(refused=f"{there} is sound and not what {source} holds: move it away, or copy to another folder")


def written(target: Path, size: int, write: Callable[[], None]) -> Copied:
    """Write so many bytes. A destination that cannot be written to says nothing of the source.

    Raises OSError if it concerns everything else as well.
    """
    try:
        write()
    except OSError as error:
        if error.errno in CONCERNS_ALL:
            raise
        return Copied(size, refused=f"{error.filename or target}: {error.strerror or error}")
    return Copied(size, size)


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None

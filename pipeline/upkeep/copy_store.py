"""Copy stores, projections and meshes, with the same rows and the same bytes. A killed copy can be continued.

What is read is compared with its checksum before it is written. Markers come last, so a half copied object is none.
"""

import errno
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from pipeline.artifacts.places import Place
from pipeline.artifacts.projections import ABOUT, RECORD, TENSORS
from pipeline.errors import UserError
from pipeline.stores.atomic_files import write_bytes
from pipeline.stores.checked_json import DamagedJsonError, read_checked
from pipeline.stores.plain_files import not_plain, open_plain
from pipeline.stores.row_facts import NO_FACTS
from pipeline.stores.row_table import RowKey
from pipeline.stores.store import Store
from pipeline.upkeep.checks import check_mesh, check_object, check_projection

CONCERNS_ALL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # a destination that takes nothing at all


@dataclass(frozen=True)
class Copied:
    """Result of copying an object, a projection or a mesh of `bytes`.

    kept: it was there and intact. damaged: the source is not what its checksum says. refused: the destination cannot
    be written to, or has other intact content in its place. Both come with a reason.
    """

    outcome: Literal["copied", "kept", "damaged", "refused"]
    bytes: int = 0
    reason: str = ""


def refuse_links(destination: Path, folder: Path) -> None:
    """Raise UserError if a symbolic link below `destination` leads into `folder`, or if `folder` holds a link."""
    for path in (*(path for path in (folder, *folder.parents) if destination in path.parents), *not_plain(folder)):
        if path.is_symlink():
            raise UserError(
                f"{path} is a symbolic link, and nothing is written through one: replace it by what it names."
            )


def copy_frame(source: Store, place: Place, destination: Path) -> Store:
    """Copy everything but the objects of a store that is intact. Returns the store below `destination`.

    Rows that only the destination has are kept. Raises UserError if its other rows differ.
    """
    root = place.below(destination).parents[2]
    target = Store(root, source.kind, source.category, source.recipe, list(source.specs.values()))
    try:
        read_checked(target.path / "about.json")
    except (FileNotFoundError, DamagedJsonError):
        write_bytes(target.path / "about.json", (source.path / "about.json").read_bytes())
    target.create()
    with target.locked():
        _copy_table(source, target)
    target.set_row_facts({row: NO_FACTS for row in range(len(source.table())) if target.done(row) is None})
    for failures in source.path.glob("failures*.jsonl"):
        if not (target.path / failures.name).exists():
            with open_plain(failures) as file:
                write_bytes(target.path / failures.name, file.read())
    return target


def copy_row_facts(source: Store, target: Store) -> None:
    """Copy what the source says of the rows that are complete by now."""
    facts = dict(enumerate(source.row_facts()))
    target.set_row_facts({row: said for row, said in facts.items() if said != NO_FACTS and target.done(row)})


def _copy_table(source: Store, target: Store) -> None:
    source_rows, path = source.table(), target.path / "table.json"
    try:
        target_rows = target.table()
    except UserError:
        raise UserError(f"{path} is damaged: remove it and copy again.") from None
    shared = min(len(source_rows), len(target_rows))
    if source_rows[:shared] != target_rows[:shared]:
        raise UserError(
            f"{path} has other objects in its rows than {source.path / 'table.json'}: move {target.path} away, or "
            "copy to another folder."
        )
    if len(target_rows) < len(source_rows) or (len(target_rows) == shared and target.damaged_metadata()):
        for file in (*(f"arrays.zarr/{name}" for name in source.metadata()), "table.json"):
            write_bytes(target.path / file, (source.path / file).read_bytes())


def copy_object(source: Store, target: Store, row: int, entry: RowKey) -> Copied:
    """Copy one object that is done, unless it is there and intact."""
    done, marker = source.done(row), source.marker_path(row)
    if done is None:
        return Copied("damaged", reason=f"{marker} is damaged")
    present = check_object(target, row, entry, "").content
    if present == done.content:
        return Copied("kept", sum((target.path / "arrays.zarr" / file).stat().st_size for file in done.files))
    marker_data, files = marker.read_bytes(), {}
    for name in source.specs:
        file = source.chunk_file(name, row)
        data = _read(source.path / "arrays.zarr" / file)
        if data is None or hashlib.sha256(data).hexdigest() != done.files.get(file):
            return Copied("damaged", reason=f"{source.path / 'arrays.zarr' / file} is damaged or missing")
        files[file] = data
    if present is not None:
        return _refuse(f"{entry.key} in {target.path}", source.path)
    size = sum(map(len, files.values()))
    return _write(target.marker_path(row), size, partial(target.adopt, row, files, marker_data))


def copy_projection(root: Path, destination: Path, place: Place) -> Copied:
    """Copy a projection, its record last, unless it is there and intact."""
    source, target = place.below(root), place.below(destination)
    checked = check_projection(root, place)
    if checked.content is None:
        return Copied("damaged", reason=str(checked.damage[0]) if checked.damage else f"{source} is unfinished")
    present = check_projection(destination, place).content
    if present == checked.content and _read(target / RECORD) == _read(source / RECORD):
        return Copied("kept", checked.bytes)
    if present is not None:
        return _refuse(target, source)
    files = {name: (source / name).read_bytes() for name in (ABOUT, TENSORS, RECORD)}

    def write() -> None:
        (target / RECORD).unlink(missing_ok=True)
        for name, data in files.items():
            write_bytes(target / name, data)

    return _write(target, checked.bytes, write)


def copy_mesh(source: Path, target: Path) -> Copied:
    """Copy a prepared mesh, unless it is there and intact."""
    if check_mesh(source).damage:
        return Copied("damaged", reason=f"{source} is damaged")
    data = source.read_bytes()
    if target.is_file():
        if target.read_bytes() == data:
            return Copied("kept", len(data))
        if not check_mesh(target).damage:
            return _refuse(target, source)
    return _write(target, len(data), partial(write_bytes, target, data))


def _refuse(target: object, source: Path) -> Copied:
    """Leave intact content that the source does not have: there may be no other copy of it."""
    reason = f"{target} is intact and differs from {source}: move it away, or copy to another folder"
    return Copied("refused", reason=reason)


def _write(target: Path, size: int, write: Callable[[], None]) -> Copied:
    """Write `size` bytes. An error of the destination is no damage of the source.

    Raises OSError if everything else would fail as well.
    """
    try:
        write()
    except OSError as error:
        if error.errno in CONCERNS_ALL:
            raise
        return Copied("refused", size, f"{error.filename or target}: {error.strerror or error}")
    return Copied("copied", size)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None

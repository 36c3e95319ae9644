"""Compare stored files with their checksums, and name the remedy for each damaged file."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pipeline.artifacts.places import Place
from pipeline.artifacts.projections import ABOUT, RECORD, TENSORS, is_named_by_about
from pipeline.artifacts.reopen import reopen
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.stores.atomic_files import digest_of, has_sha256
from pipeline.stores.checked_json import DamagedJsonError, read_checked
from pipeline.stores.plain_files import POINTER, PointerError, file_state, not_plain, open_plain
from pipeline.stores.row_table import RowKey
from pipeline.stores.store import Store
from pipeline.upkeep.removal import is_locked
from render.mesh_file import DamagedMeshError, mesh_from_bytes

HEADER_LENGTH = 8  # bytes of a safetensors file in which the length of its header stands


@dataclass(frozen=True)
class Damage:
    """A damaged file, what is wrong with it, and the remedy."""

    path: Path
    reason: str
    remedy: str

    def __str__(self) -> str:
        """Format as a line for the user."""
        return f"{self.path} {self.reason}: {self.remedy}."


@dataclass(frozen=True)
class Checked:
    """Result of checking an object, a mesh or a projection. `content` is a digest of it, None if it is not intact.

    An unfinished object has files and no marker: its writer was killed or is still writing. No stage reads it.
    """

    bytes: int = 0
    damage: tuple[Damage, ...] = ()
    content: str | None = None
    unfinished: bool = False
    busy: bool = False  # a stage is writing it, so it was not checked


@dataclass(frozen=True)
class Frame:
    """A store without its objects: its rows, and the rows that have files of arrays but no entry in the table."""

    store: Store
    rows: list[RowKey]
    strays: int


def check_frame(root: Path, place: Place) -> tuple[Frame | None, list[Damage | UserError]]:
    """Check what the objects of a store share: about.json, its table, Zarr's metadata, and that each marker has a row.

    Returns the frame and the damage. The frame is None if about.json or the table cannot be read.
    """
    try:
        store = reopen(root, place)
    except UserError as error:
        return None, [error]
    foreign = "is a link or no plain file, so the store is not read"
    if others := not_plain(store.path):
        return None, [Damage(path, foreign, "remove it") for path in others]
    table, marked = store.path / "table.json", _numbers(store.path, "done/*.json")
    remedy = f"run `{place.command}`, which makes a new table"
    if marked and not table.exists():
        return None, [Damage(table, "is missing", remedy)]
    try:
        rows, changed = store.table(), store.damaged_metadata()
    except UserError:
        return None, [Damage(table, "is damaged", f"remove it and {remedy}")]
    strays = [row for row in _numbers(store.path, "arrays.zarr/*/c/*") if row >= len(rows)]
    remedy = f"run `{place.command}`, which writes it again"
    beyond = [store.marker_path(row) for row in marked if row >= len(rows)]
    return Frame(store, rows, len(strays)), [
        *(Damage(path, "is damaged or missing", remedy) for path in changed),
        *(Damage(path, "belongs to a row that table.json does not have", "remove it") for path in beyond),
    ]


def _numbers(folder: Path, pattern: str) -> set[int]:
    return {int(path.stem) for path in folder.glob(pattern) if path.stem.isdecimal()}


def check_object(store: Store, row: int, entry: RowKey, remedy: str) -> Checked:
    """Check an object's marker and every file of its arrays. Files that change meanwhile are not damage."""
    marker = store.marker_path(row)
    before = file_state(marker)
    try:
        checked = _read_object(store, row, entry, remedy)
    except FileNotFoundError as error:
        checked = Checked(damage=(Damage(Path(error.filename or marker), f"of {entry.key} is missing", remedy),))
    except PointerError as error:
        checked = Checked(damage=(Damage(error.path, f"of {entry.key} {POINTER}", remedy),))
    if checked.content is None and (is_locked(marker.with_name(f".{row}.lock")) or file_state(marker) != before):
        return Checked(checked.bytes, busy=True)
    return checked


def _read_object(store: Store, row: int, entry: RowKey, remedy: str) -> Checked:
    marker, done = store.marker_path(row), store.done(row)
    if not marker.exists():
        return Checked(unfinished=any((store.arrays / store.chunk_file(name, row)).exists() for name in store.specs))
    if done is None:
        return Checked(damage=(Damage(marker, "is damaged", remedy),))
    named = read_checked(marker)
    if RowKey(ObjectKey(named["synset"], named["id"]), done.input) != entry:
        return Checked(damage=(Damage(marker, f"is not of the object that table.json has in row {row}", remedy),))
    files = {store.arrays / file: sha for file, sha in done.files.items()}
    damage = [
        Damage(path, f"of {entry.key} is {'damaged' if path.exists() else 'missing'}", remedy)
        for path, sha in files.items()
        if not has_sha256(path, sha)
    ]
    read = sum(path.stat().st_size for path in (marker, *files) if path.exists())
    return Checked(read, tuple(damage), None if damage else done.content)


def check_projection(root: Path, place: Place) -> Checked:
    """Check the three files of a projection."""
    folder, remedy = place.below(root), f"run `{place.command} --overwrite`"
    if not (folder / RECORD).exists():
        return Checked(unfinished=True)
    read = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    damaged, content = list[Path](), None
    try:
        damaged += [] if is_named_by_about(folder) else [folder / ABOUT]
        record = read_checked(folder / RECORD)
        content = digest_of(record)
        damaged += [] if has_sha256(folder / TENSORS, str(record["sha256"])) else [folder / TENSORS]
    except (DamagedJsonError, KeyError):
        damaged.append(folder / RECORD)
    except PointerError as error:
        damaged.append(error.path)
    damage = tuple(Damage(path, "is damaged or missing", remedy) for path in damaged)
    return Checked(read, damage, None if damage else content)


def check_mesh(path: Path) -> Checked:
    """Read a prepared mesh and compare it with the checksum in it.

    That covers names, shapes and values. The header is JSON without line ends or tabs: a blank at its end that became
    one would go unnoticed otherwise.
    """
    remedy = "remove it; it is made again when the object is drawn"
    try:
        with open_plain(path) as file:
            data = file.read()
        mesh_from_bytes(data)
    except FileNotFoundError:
        return Checked()
    except UserError as error:
        reason = POINTER if isinstance(error, PointerError) else "is a link or no plain file"
        return Checked(damage=(Damage(path, reason, remedy),))
    except DamagedMeshError:
        return Checked(len(data), (Damage(path, "is damaged", remedy),))
    header = data[HEADER_LENGTH : HEADER_LENGTH + int.from_bytes(data[:HEADER_LENGTH], "little")]
    if set(header) & set(b"\t\n\r"):
        return Checked(len(data), (Damage(path, "is damaged", remedy),))
    return Checked(len(data), content=hashlib.sha256(data).hexdigest())

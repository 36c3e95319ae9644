"""`pipeline store verify`: compare every stored byte with its checksum."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pipeline.artifacts.places import KeptKind, Place, existing_root, find_places, places_of
from pipeline.artifacts.receipts import RECEIPTS
from pipeline.artifacts.references import Reference, read_references
from pipeline.artifacts.reopen import reopen
from pipeline.config.settings import Machine
from pipeline.errors import UserError
from pipeline.executors.executor import run
from pipeline.progress import Progress
from pipeline.stores.store import RowKey, Store
from pipeline.upkeep.byte_rate import ByteRate
from pipeline.upkeep.kept_meshes import check_mesh, find_meshes
from pipeline.upkeep.verify import Checked, Damage, check_frame, check_object, file_state, strays
from pipeline.upkeep.verify_projection import check_projection
from pipeline.upkeep.verify_receipt import check_presence, check_projection_receipt, check_store_receipt

PROCESSES_FROM = 200  # things to read; starting processes takes seconds


@dataclass(frozen=True)
class Verified:
    """Counts of a verification. `damaged` counts the reported lines; `read` is the amount and the rate."""

    places: int
    objects: int
    unfinished: int
    damaged: int
    read: str
    busy: int = 0
    nothing: str | None = None

    def __str__(self) -> str:
        """Format as the last line for the user."""
        if self.nothing is not None and not self.damaged:
            return self.nothing
        line = f"{self.places} stores and projections, {self.objects} objects and meshes, {self.read}: "
        line += f"{self.damaged} damaged" if self.damaged else "all intact"
        if self.busy:
            line += f"; {self.busy} not checked, because a stage is writing them"
        unfinished = f"{self.unfinished} unfinished, which no stage reads; the next run of their stage completes them"
        return f"{line}; {unfinished}" if self.unfinished else line


@dataclass(frozen=True)
class _Task:
    """A check of one mesh, projection or object; `row` is the object's."""

    check: Callable[[], Checked]
    path: Path
    place: Place | None = None
    row: int | None = None


def _make_checker() -> Callable[[_Task], Checked]:
    return lambda task: task.check()


def verify_stores(
    storage_root: str, machine: Machine, category: str | None, kind: KeptKind | None, report: Callable[[str], None]
) -> Verified:
    """Verify everything below storage.root, or one category or kind.

    `report` gets a line for each damaged file, as soon as it is found. Raises UserError if there is no storage.root.
    """
    root = existing_root(storage_root)
    damaged = unfinished = busy = 0

    def report_all(damage: Iterable[object]) -> None:
        nonlocal damaged
        for item in damage:
            report(f"damaged: {item}")
            damaged += 1

    written = {path: file_state(path) for path in RECEIPTS.glob("*/*.json")}
    receipts = list(read_references(places_of(kind), category))
    report_all(receipt for receipt in receipts if isinstance(receipt, UserError))
    pointing = [receipt for receipt in receipts if isinstance(receipt, Reference)]
    places = find_places(root, places_of(kind), category)
    tasks = [_Task(partial(check_mesh, path), path) for path in find_meshes(root, category) if kind in (None, "meshes")]
    rows: dict[Place, Sequence[RowKey]] = {}
    for place in places:
        if place.kind == "projections":
            tasks.append(_Task(partial(check_projection, root, place), place.below(root)))
            continue
        try:
            store = reopen(root, place)
        except UserError as error:
            report_all([_abandoned(root, place) if _is_abandoned(root, place, pointing) else error])
            continue
        table, damage = check_frame(store, place)
        report_all([_abandoned(root, place)] if damage and _is_abandoned(root, place, pointing) else damage)
        if table is not None:
            rows[place] = table
            unfinished += len(strays(store, len(table)))
            tasks += _object_tasks(place, store, table, pointing)

    seen: dict[Place, dict[int, Checked]] = {place: {} for place in rows}
    rate = ByteRate()
    progress = Progress("verify", len(tasks), "objects")
    for outcome in run(_make_checker, tasks, machine, processes_from=PROCESSES_FROM):
        task, checked = outcome.task, outcome.result
        if checked is None:
            what = Damage(task.path, f"cannot be read ({outcome.failure})", "look at the disk, then repeat this")
            checked = Checked(damage=(what,))
        if task.place is not None and task.row is not None:
            seen[task.place][task.row] = checked
        rate.add(checked.bytes)
        unfinished += checked.unfinished
        busy += checked.busy
        if checked.damage:
            progress.clear()
            report_all(checked.damage)
        progress.step(str(rate))
    progress.clear()
    for receipt in pointing:
        if file_state(receipt.path) != written.get(receipt.path):
            busy += 1
            continue
        report_all(_check_receipt(root, receipt, rows, seen))
    nothing = None if places or tasks else _nothing(root, category, kind)
    return Verified(len(places), len(tasks), unfinished, damaged, str(rate), busy, nothing)


def _nothing(root: Path, category: str | None, kind: KeptKind | None) -> str:
    of_category = f" of {category}" if category else ""
    return f"there {f'are no {kind}' if kind else 'is nothing'}{of_category} below {root}: nothing was verified"


def _is_abandoned(root: Path, place: Place, pointing: Iterable[Reference]) -> bool:
    """Return whether the receipt of its stage names another folder that exists.

    Without a receipt, a stage may be filling this one. If the named folder is missing, this may be it, renamed.
    """
    named = [receipt.place for receipt in pointing if replace(receipt.place, fingerprint=place.fingerprint) == place]
    return bool(named) and place not in named and all(other.below(root).is_dir() for other in named)


def _abandoned(root: Path, place: Place) -> Damage:
    folder = place.below(root)
    return Damage(folder, "is a damaged store", "no receipt names it, so no stage uses it; the folder may be removed")


def _object_tasks(place: Place, store: Store, rows: Sequence[RowKey], pointing: Iterable[Reference]) -> Iterator[_Task]:
    """Yield a task for each row. A stage makes again what a receipt names; anything else can be removed."""
    named = {stored.row for receipt in pointing if receipt.place == place for stored in receipt.objects}
    for row, entry in enumerate(rows):
        marker = store.marker_path(row)
        remedy = f"run `{place.command}`, which makes it again"
        if row not in named:
            remedy = f"no run of this project uses it, so remove {marker}"
        yield _Task(partial(check_object, store, row, entry, remedy), marker, place, row)


def _check_receipt(
    root: Path,
    receipt: Reference,
    rows: Mapping[Place, Sequence[RowKey]],
    seen: Mapping[Place, Mapping[int, Checked]],
) -> list[Damage]:
    """Compare a receipt with its place, unless the damage of the place is reported already."""
    absent = check_presence(root, receipt)
    if absent or receipt.place.kind == "projections":
        return absent or check_projection_receipt(root, receipt)
    if receipt.place not in rows:
        return []
    return check_store_receipt(receipt, rows[receipt.place], seen[receipt.place])

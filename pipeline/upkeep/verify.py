"""`pipeline store verify`: compare every stored byte with its checksum, and receipts with the stores."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from pipeline.artifacts.places import KeptKind, Place, existing_root, find_places, places_of
from pipeline.artifacts.prepared_meshes import find_meshes
from pipeline.artifacts.projections import RECORD
from pipeline.artifacts.receipts import RECEIPTS, read_record
from pipeline.artifacts.references import Reference, read_references
from pipeline.config.settings import Machine
from pipeline.errors import UserError
from pipeline.executors.executor import run
from pipeline.progress import Progress
from pipeline.stores.checked_json import DamagedJsonError, read_checked
from pipeline.stores.plain_files import PointerError, file_state
from pipeline.upkeep.amounts import size_and_rate
from pipeline.upkeep.checks import Checked, Damage, Frame, check_frame, check_mesh, check_object, check_projection

PROCESSES_FROM = 200  # things to read; starting processes takes seconds
ABANDONED = "is a damaged store", "no receipt names it, so no stage uses it; the folder may be removed"


@dataclass(frozen=True)
class Verified:
    """Counts of a verification. `damaged` counts the reported lines; `read` is the amount and the rate."""

    places: int
    objects: int
    unfinished: int
    damaged: int
    read: str
    busy: int
    nothing: str

    def __str__(self) -> str:
        """Format as the last line for the user."""
        if not (self.places or self.objects or self.damaged):
            return f"there {self.nothing}: nothing was verified"
        state = f"{self.damaged} damaged" if self.damaged else "all intact"
        line = f"{self.places} stores and projections, {self.objects} objects and meshes, {self.read}: {state}"
        line += f"; {self.busy} not checked, because a stage is writing them" if self.busy else ""
        unfinished = "unfinished, which no stage reads; the next run of their stage completes them"
        return f"{line}; {self.unfinished} {unfinished}" if self.unfinished else line


Task: TypeAlias = tuple[Path, Callable[[], Checked]]  # a mesh, a projection or an object by its marker, and its check


def _make_checker() -> Callable[[Task], Checked]:
    return lambda task: task[1]()


def verify_stores(
    storage_root: str, machine: Machine, category: str | None, kind: KeptKind | None, report: Callable[[str], None]
) -> Verified:
    """Verify everything below storage.root, or one category or kind.

    `report` gets a line for each damaged file, as soon as it is found. Raises UserError if there is no storage.root.
    """
    root = existing_root(storage_root)
    damaged = 0

    def report_all(damage: Iterable[Damage | UserError]) -> None:
        nonlocal damaged
        for item in damage:
            report(f"damaged: {item}")
            damaged += 1

    written = {path: file_state(path) for path in RECEIPTS.glob("*/*.json")}
    entries = list(read_references(places_of(kind), category))
    report_all(receipt for receipt in entries if isinstance(receipt, UserError))
    receipts = [receipt for receipt in entries if isinstance(receipt, Reference)]
    places = find_places(root, places_of(kind), category)
    meshes = find_meshes(root, category) if kind in (None, "meshes") else []
    tasks: list[Task] = [(path, partial(check_mesh, path)) for path in meshes]
    frames: dict[Place, Frame] = {}
    for place in places:
        if place.kind == "projections":
            tasks.append((place.below(root), partial(check_projection, root, place)))
            continue
        frame, damage = check_frame(root, place)
        if damage and _is_abandoned(root, place, receipts):
            damage = [Damage(place.below(root), *ABANDONED)]
        report_all(damage)
        if frame is not None:
            frames[place] = frame
            tasks += _object_tasks(place, frame, receipts)
    results: dict[Path, Checked] = {}
    read, start, progress = 0, time.monotonic(), Progress("verify", len(tasks), "objects")
    for (path, _), answer in run(_make_checker, tasks, machine, processes_from=PROCESSES_FROM):
        failed = Damage(path, f"cannot be read ({answer.failure})", "look at the disk, then repeat this")
        checked = answer.result or Checked(damage=(failed,))
        results[path] = checked
        if checked.damage:
            progress.clear()
            report_all(checked.damage)
        read += checked.bytes
        progress.step(size_and_rate(read, start))
    progress.clear()
    changed = [receipt for receipt in receipts if file_state(receipt.path) != written.get(receipt.path)]
    for receipt in receipts:
        if receipt not in changed and (missing := _missing(root, receipt, frames, results)) is not None:
            remedy = f"run `{receipt.place.command}`, or copy it here with `pipeline store copy`"
            report_all([Damage(receipt.path, f"names {missing}", remedy)])
    return Verified(
        len(places),
        len(tasks),
        sum(frame.strays for frame in frames.values()) + sum(checked.unfinished for checked in results.values()),
        damaged,
        size_and_rate(read, start),
        len(changed) + sum(checked.busy for checked in results.values()),
        f"{f'are no {kind}' if kind else 'is nothing'}{f' of {category}' if category else ''} below {root}",
    )


def _is_abandoned(root: Path, place: Place, receipts: Iterable[Reference]) -> bool:
    """Return whether the receipt of its stage names another folder that exists.

    Without a receipt, a stage may be filling this one. If the named folder is missing, this may be it, renamed.
    """
    named = [receipt.place for receipt in receipts if replace(receipt.place, fingerprint=place.fingerprint) == place]
    return bool(named) and place not in named and all(other.below(root).is_dir() for other in named)


def _object_tasks(place: Place, frame: Frame, receipts: Iterable[Reference]) -> Iterator[Task]:
    """Yield a task for each row. A stage makes again what a receipt names; anything else can be removed."""
    named = {stored.row for receipt in receipts if receipt.place == place for stored in receipt.objects}
    for row, entry in enumerate(frame.rows):
        marker = frame.store.marker_path(row)
        remedy = f"run `{place.command}`, which makes it again"
        if row not in named:
            remedy = f"no run of this project uses it, so remove {marker}"
        yield (marker, partial(check_object, frame.store, row, entry, remedy))


def _missing(
    root: Path, receipt: Reference, frames: Mapping[Place, Frame], results: Mapping[Path, Checked]
) -> str | None:
    """Return what the receipt names and its place lacks. None if there is nothing, or it is reported as damage."""
    place, folder = receipt.place, receipt.place.below(root)
    if not folder.is_dir():
        return f"{place}, which is missing"
    if place.kind == "projections":
        try:
            record = read_checked(folder / RECORD)
        except (FileNotFoundError, DamagedJsonError, PointerError):
            return f"a projection that {place} does not contain"
        same = record.items() <= read_record(receipt.path, place.stage, place.instance, dict).items()
        return None if same else f"another projection than the one in {place}"
    frame = frames.get(place)
    if frame is None:
        return None
    rows = dict(enumerate(frame.rows))
    lost = []
    for stored in receipt.objects:
        entry, checked = rows.get(stored.row), results.get(frame.store.marker_path(stored.row), Checked())
        wrong = checked.content != stored.content and not checked.damage and not checked.busy
        if entry is None or entry.key != stored.key or wrong:
            lost.append(stored.key)
    return f"{len(lost)} objects that {place} does not contain, the first {lost[0]}" if lost else None

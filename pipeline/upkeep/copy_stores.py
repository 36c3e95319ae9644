"""`pipeline store copy`: copy what the project uses to a folder that works as another machine's storage.root.

Objects, projections and meshes keep their rows and bytes. Each is compared with its checksums before and after. What
makes it count is written last, so a half copied one is none, and a killed copy can be continued.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from pipeline.artifacts.places import KeptKind, Place, existing_root, find_places, places_of
from pipeline.artifacts.prepared_meshes import find_meshes, prepared_mesh_paths
from pipeline.artifacts.projections import ABOUT, RECORD, TENSORS
from pipeline.artifacts.references import references
from pipeline.config.settings import Machine
from pipeline.errors import UserError
from pipeline.executors.answer import CONCERNS_ALL
from pipeline.executors.executor import run
from pipeline.manifests.manifest import every_manifest
from pipeline.progress import Progress
from pipeline.stores.atomic_files import write_bytes
from pipeline.stores.checked_json import DamagedJsonError, read_checked
from pipeline.stores.plain_files import not_plain, open_plain, refuse_links
from pipeline.stores.row_facts import NO_FACTS
from pipeline.stores.store import Store
from pipeline.upkeep.amounts import size_and_rate, size_of
from pipeline.upkeep.checks import Checked, check_frame, check_mesh, check_object, check_projection

PROCESSES_FROM = 200  # things to copy; starting processes takes seconds


@dataclass(frozen=True)
class Copied:
    """Result of copying an object, a projection or a mesh of `bytes`.

    kept: it was there and intact. damaged: the source is not what its checksum says. refused: the destination cannot
    be written to, or has other intact content in its place. Both come with a reason.
    """

    outcome: Literal["copied", "kept", "damaged", "refused"]
    bytes: int = 0
    reason: str = ""


@dataclass(frozen=True)
class CopySummary:
    """Counts of objects by the outcome of their copy, and the bytes written. A damaged store counts once."""

    destination: Path
    written: int
    copied: int = 0
    kept: int = 0
    damaged: int = 0
    refused: int = 0

    def __str__(self) -> str:
        """Format as the last lines for the user."""
        line = f"{self.copied} objects copied ({size_of(self.written)}), {self.kept} were there and intact"
        line += f", {self.damaged} damaged and not copied" if self.damaged else ""
        line += f", {self.refused} not written" if self.refused else ""
        return (
            f"{line} -> {self.destination}\n"
            "receipts/ and data_manifests/ are not copied: dvc and git carry them. Where they are, set storage.root to "
            "this folder."
        )


@dataclass(frozen=True)
class _Item:
    """An object, a projection or a mesh to copy to `target`: checks of source and target, and a copying function."""

    target: str
    checks: tuple[Callable[[], Checked], Callable[[], Checked]]
    write: Callable[[], None]


def copy_stores(
    storage_root: str,
    machine: Machine,
    destination: Path,
    category: str | None,
    kind: KeptKind | None,
    everything: bool,
    tell: Callable[[str], None],
) -> CopySummary:
    """Copy the stores and projections that receipts name, or all of them; prepared meshes only as `kind`.

    `tell` gets a line for each thing that is not copied. Raises UserError.
    """
    root = existing_root(storage_root)
    _check_destination(root, destination)
    counts: Counter[str] = Counter()
    copies: list[tuple[Store, Store]] = []
    items = _mesh_items(root, destination, category, everything) if kind == "meshes" else []
    for place in _places(root, category, kind, everything):
        _refuse_links(destination, place.below(destination))
        if place.kind == "projections":
            items.append(_projection_item(root, destination, place))
            continue
        frame, damage = check_frame(root, place)
        if frame is None or frame.store.damaged_metadata():
            for item in damage:
                tell(f"damaged: {item}")
            counts["damaged"] += 1
            continue
        copies.append((frame.store, _copy_frame(frame.store, place, destination)))
        items += _object_items(*copies[-1])
    written, read, start = 0, 0, time.monotonic()
    progress = Progress("copy", len(items), "objects")
    # By processes of this machine: the workers of a cluster may not see the destination.
    here = machine.model_copy(update={"scheduler": None})
    for _, answer in run(_make_copier, items, here, PROCESSES_FROM):
        result = answer.result or Copied("refused", reason=str(answer.failure))
        counts[result.outcome] += 1
        written += result.bytes if result.outcome == "copied" else 0
        if result.reason:
            progress.clear()
            tell(f"{'damaged' if result.outcome == 'damaged' else 'not written'}: {result.reason}.")
        read += result.bytes
        progress.step(size_and_rate(read, start))
    for source, target in copies:
        copy_row_facts(source, target)
    progress.close(size_and_rate(read, start))
    return CopySummary(destination, written, **counts)


def _make_copier() -> Callable[[_Item], Copied]:
    return _copy


def _copy(item: _Item) -> Copied:
    """Copy an item, unless it is there and intact. Other intact content stays: there may be no other copy of it."""
    here, there = (check() for check in item.checks)
    if here.content is None:
        wrong = [f"{damage.path} {damage.reason}" for damage in here.damage] or [
            f"the source of {item.target} is unfinished"
        ]
        return Copied("damaged", reason=f"{wrong[0]}: run `pipeline store verify`")
    if there.content == here.content:
        return Copied("kept", here.bytes)
    if there.content is not None:
        remedy = "move it away, or copy to another folder"
        return Copied("refused", reason=f"{item.target} is intact and differs from its source: {remedy}")
    try:
        item.write()
    except OSError as error:
        if error.errno in CONCERNS_ALL:
            raise
        return Copied("refused", reason=f"{error.filename or item.target}: {error.strerror or error}")
    if item.checks[1]().content != here.content:
        return Copied("refused", reason=f"{item.target} or its source changed meanwhile: copy again")
    return Copied("copied", here.bytes)


def _object_items(source: Store, target: Store) -> list[_Item]:
    def item(row: int) -> _Item:
        here, there = (partial(check_object, store, row, rows[row], "") for store in (source, target))
        return _Item(f"{rows[row].key} in {target.path}", (here, there), partial(_adopt, source, target, row))

    rows = source.table()
    return [item(row) for row in range(len(rows)) if source.marker_path(row).exists()]


def _adopt(source: Store, target: Store, row: int) -> None:
    files = [source.chunk_file(name, row) for name in source.specs]
    marker = source.marker_path(row).read_bytes()
    target.adopt(row, {file: (source.arrays / file).read_bytes() for file in files}, marker)


def _projection_item(root: Path, destination: Path, place: Place) -> _Item:
    checks = partial(check_projection, root, place), partial(check_projection, destination, place)
    source, target = place.below(root), place.below(destination)
    return _Item(str(target), checks, partial(_write, source, target, (ABOUT, TENSORS, RECORD)))


def _mesh_items(root: Path, destination: Path, category: str | None, everything: bool) -> list[_Item]:
    """List the meshes that a manifest names, or all."""
    _refuse_links(destination, destination / "meshes")
    meshes = find_meshes(root, category)
    if not everything:
        named = {path for manifest in every_manifest() for path in prepared_mesh_paths(root, manifest)}
        meshes = [path for path in meshes if path in named]
    if not meshes:
        raise UserError(f"there is no such mesh to copy: {root / 'meshes'} holds none that a manifest names.")
    return [_mesh_item(path, destination / path.relative_to(root)) for path in meshes]


def _mesh_item(source: Path, target: Path) -> _Item:
    write = partial(_write, source.parent, target.parent, (source.name,))
    return _Item(str(target), (partial(check_mesh, source), partial(check_mesh, target)), write)


def _write(source: Path, target: Path, names: Sequence[str]) -> None:
    """Copy files, of which the last one makes the others count."""
    for name in names:
        write_bytes(target / name, (source / name).read_bytes())


def _refuse_links(destination: Path, folder: Path) -> None:
    """Raise UserError if a symbolic link below `destination` leads into `folder`, or if `folder` holds a link."""
    for path in (folder, *not_plain(folder)):
        refuse_links(destination, path)


def _copy_frame(source: Store, place: Place, destination: Path) -> Store:
    """Copy everything but the objects of a store that is intact. Returns the store below `destination`.

    Rows that only the destination has are kept. Raises UserError if its other rows differ.
    """
    root = place.below(destination).parents[2]
    target = Store(root, source.kind, source.category, source.recipe, list(source.specs.values()))
    try:
        read_checked(target.path / "about.json")
    except (FileNotFoundError, DamagedJsonError):
        _write(source.path, target.path, ("about.json",))
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
        _write(source.path, target.path, (*(f"arrays.zarr/{name}" for name in source.metadata()), "table.json"))


def _check_destination(root: Path, destination: Path) -> None:
    inner, outer = destination.resolve(), root.resolve()
    if inner == outer or outer in inner.parents:
        raise UserError(f"{destination} lies in storage.root ({root}): name a folder elsewhere.")
    if destination.exists() and not destination.is_dir():
        raise UserError(f"{destination} is no folder: name one, or one that does not exist yet.")


def _places(root: Path, category: str | None, kind: KeptKind | None, everything: bool) -> list[Place]:
    """List the places to copy, each once."""
    kinds = places_of(kind)
    if everything:
        places = find_places(root, kinds, category)
    else:
        receipts = references(kinds, category)
        for receipt in receipts:
            if not receipt.place.below(root).is_dir():
                raise UserError(
                    f"{receipt.path} names {receipt.place}, which is not in {root}: run `{receipt.place.command}`."
                )
        places = sorted({receipt.place for receipt in receipts}, key=str)
    if kinds and not places:
        reason = f"{root} holds none" if everything else "no receipt names any; --all copies every one"
        raise UserError(f"there is no such store to copy: {reason}.")
    return places

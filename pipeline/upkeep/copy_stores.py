"""`pipeline store copy`: copy what the project uses to a folder that works as another machine's storage.root."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline.artifacts.places import KeptKind, Place, existing_root, find_places, places_of
from pipeline.artifacts.prepared_meshes import find_meshes, prepared_mesh_paths
from pipeline.artifacts.references import references
from pipeline.artifacts.reopen import reopen
from pipeline.config.settings import Machine
from pipeline.errors import UserError
from pipeline.executors.executor import run
from pipeline.manifests.manifest import every_manifest
from pipeline.progress import Progress
from pipeline.stores.plain_files import not_plain
from pipeline.stores.store import Store
from pipeline.upkeep.amounts import size_and_rate, size_of
from pipeline.upkeep.copy_store import (
    Copied,
    copy_frame,
    copy_mesh,
    copy_object,
    copy_projection,
    copy_row_facts,
    refuse_links,
)

PROCESSES_FROM = 200  # things to copy; starting processes takes seconds
MESSAGES = {"damaged": "damaged: {}: run `pipeline store verify`.", "refused": "not written: {}."}
Task = Callable[[], Copied]


@dataclass(frozen=True)
class CopySummary:
    """Counts of objects by the outcome of their copy, and the bytes written. A damaged store counts once."""

    destination: Path
    copied: int
    written: int
    kept: int
    damaged: int
    refused: int

    def __str__(self) -> str:
        """Format as the last lines for the user."""
        line = f"{self.copied} objects copied ({size_of(self.written)}), {self.kept} were there and intact"
        if self.damaged:
            line += f", {self.damaged} damaged and not copied"
        if self.refused:
            line += f", {self.refused} not written"
        return (
            f"{line} -> {self.destination}\n"
            "receipts/ and data_manifests/ are not copied: dvc and git carry them. Where they are, set storage.root to "
            "this folder."
        )


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
    frames: list[tuple[Store, Store]] = []
    tasks = _mesh_tasks(root, destination, category, everything) if kind == "meshes" else []
    for place in _places(root, category, kind, everything):
        refuse_links(destination, place.below(destination))
        if place.kind == "projections":
            tasks.append(partial(copy_projection, root, destination, place))
            continue
        try:
            source = _open_intact(root, place)
        except UserError as error:
            tell(f"damaged: {error}")
            counts["damaged"] += 1
            continue
        target = copy_frame(source, place, destination)
        frames.append((source, target))
        rows = [(row, entry) for row, entry in enumerate(source.table()) if source.marker_path(row).exists()]
        tasks += [partial(copy_object, source, target, row, entry) for row, entry in rows]
    read, written, start = 0, 0, time.monotonic()
    progress = Progress("copy", len(tasks), "objects")
    # By processes of this machine: the workers of a cluster may not see the destination.
    here = machine.model_copy(update={"scheduler": None})
    for outcome in run(_make_copier, tasks, here, PROCESSES_FROM):
        result = outcome.result or Copied("refused", reason=str(outcome.failure))
        counts[result.outcome] += 1
        written += result.bytes if result.outcome == "copied" else 0
        if result.reason:
            progress.clear()
            tell(MESSAGES[result.outcome].format(result.reason))
        read += result.bytes
        progress.step(size_and_rate(read, start))
    for source, target in frames:
        copy_row_facts(source, target)
    progress.close(size_and_rate(read, start))
    return CopySummary(destination, counts["copied"], written, counts["kept"], counts["damaged"], counts["refused"])


def _make_copier() -> Callable[[Task], Copied]:
    return lambda task: task()


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


def _open_intact(root: Path, place: Place) -> Store:
    """Open a store. Raises UserError if what its objects share is damaged."""
    store = reopen(root, place)
    damaged = [*not_plain(store.path), *store.damaged_metadata()]
    if damaged:
        raise UserError(f"{damaged[0]} is damaged or missing: run `pipeline store verify`.")
    return store


def _mesh_tasks(root: Path, destination: Path, category: str | None, everything: bool) -> list[Task]:
    """Return a task for each mesh that a manifest names, or for every mesh."""
    refuse_links(destination, destination / "meshes")
    meshes = find_meshes(root, category)
    if not everything:
        named = {path for manifest in every_manifest() for path in prepared_mesh_paths(root, manifest)}
        meshes = [path for path in meshes if path in named]
    if not meshes:
        raise UserError(f"there is no such mesh to copy: {root / 'meshes'} holds none that a manifest names.")
    return [partial(copy_mesh, path, destination / path.relative_to(root)) for path in meshes]

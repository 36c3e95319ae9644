"""`pipeline store copy`: what the project uses, into a folder that serves as another machine's storage.root."""

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
from pipeline.stores.atomic_files import write_bytes
from pipeline.upkeep.byte_rate import ByteRate, size_of
from pipeline.upkeep.checks import check_mesh
from pipeline.upkeep.copy_store import (
    Copied,
    copy_frame,
    copy_object,
    copy_projection,
    damaged_metadata,
    refuse_links,
    refused_for,
    twin,
    written,
)

PROCESSES_FROM = 200  # things to copy; starting processes takes seconds


@dataclass(frozen=True)
class CopySummary:
    """What a copy has done. `damaged` counts what was not copied, for it is not what was written, and `refused` what
    could not be written, or would have replaced something sound.
    """

    destination: Path
    copied: int
    written: int
    kept: int
    damaged: int
    refused: int

    def __str__(self) -> str:
        """The last lines that a user sees."""
        line = f"{self.copied} objects copied ({size_of(self.written)}), {self.kept} were there and sound"
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
    """Copy the stores and projections that receipts speak of, or all of them; prepared meshes only as `kind`.

    `tell` hears a line for each thing that is not copied. Raises UserError.
    """
    root = existing_root(storage_root)
    _check_destination(root, destination)
    tasks: list[Callable[[], Copied]] = []
    copied = kept = size = damaged = refused = 0
    if kind == "meshes":
        tasks += _mesh_tasks(root, destination, category, everything)
    for place in _chosen(root, category, kind, everything):
        refuse_links(destination, place.below(destination))
        if place.kind == "projections":
            tasks.append(partial(copy_projection, root, destination, place))
            continue
        try:
            source = reopen(root, place)
            bad = damaged_metadata(source)
        except UserError as error:
            tell(f"damaged: {error}")
            damaged += 1
            continue
        if bad is not None:
            tell(f"damaged: {bad} is damaged or missing: run `pipeline store verify`.")
            damaged += 1
            continue
        target = twin(source, place, destination)
        copy_frame(source, target)
        tasks += [
            partial(copy_object, source, target, row, entry)
            for row, entry in enumerate(source.table())
            if source.marker_path(row).exists()
        ]
    rate = ByteRate()
    progress = Progress("copy", len(tasks), "objects")
    # By processes of this machine: the workers of a cluster may not see the destination.
    here = machine.model_copy(update={"scheduler": None})
    for outcome in run(_make_copier, tasks, here, PROCESSES_FROM):
        done = outcome.result or Copied(refused=str(outcome.failure))
        if done.refused is not None:
            progress.clear()
            tell(f"not written: {done.refused}.")
            refused += 1
        elif done.damage is not None:
            progress.clear()
            tell(f"damaged: {done.damage}: run `pipeline store verify`.")
            damaged += 1
        elif done.written:
            copied, size = copied + 1, size + done.written
        else:
            kept += 1
        rate.add(done.read)
        progress.step(str(rate))
    progress.close(str(rate))
    return CopySummary(destination, copied, size, kept, damaged, refused)


def _make_copier() -> Callable[[Callable[[], Copied]], Copied]:
    return lambda task: task()


def _check_destination(root: Path, destination: Path) -> None:
    inner, outer = destination.resolve(), root.resolve()
    if inner == outer or outer in inner.parents:
        raise UserError(f"{destination} lies in storage.root ({root}): name a folder elsewhere.")
    if destination.exists() and not destination.is_dir():
        raise UserError(f"{destination} is no folder: name one, or one that does not exist yet.")


def _chosen(root: Path, category: str | None, kind: KeptKind | None, everything: bool) -> list[Place]:
    """The places to copy, each once."""
    kinds = places_of(kind)
    if not kinds:
        return []
    if everything:
        places = find_places(root, kinds, category)
    else:
        pointing = references(kinds, category)
        for reference in pointing:
            if not reference.place.below(root).is_dir():
                raise UserError(
                    f"{reference.path} speaks of {reference.place}, which is not in {root}: run "
                    f"`{reference.place.command}`."
                )
        places = sorted({reference.place for reference in pointing}, key=str)
    if not places:
        where = f"{root} holds none" if everything else "no receipt speaks of any; --all copies every one"
        raise UserError(f"there is no such store to copy: {where}.")
    return places


def _mesh_tasks(root: Path, destination: Path, category: str | None, everything: bool) -> list[Callable[[], Copied]]:
    """The meshes that manifests name, or all."""
    refuse_links(destination, destination / "meshes")
    kept = find_meshes(root, category)
    if not everything:
        named = {path for manifest in every_manifest() for path in prepared_mesh_paths(root, manifest)}
        kept = [path for path in kept if path in named]
    if not kept:
        raise UserError(f"there is no such mesh to copy: {root / 'meshes'} holds none that a manifest names.")
    return [partial(_copy_mesh, path, destination / path.relative_to(root)) for path in kept]


def _copy_mesh(source: Path, target: Path) -> Copied:
    checked = check_mesh(source)
    if checked.damage:
        return Copied(damage=f"{source} is damaged")
    data = source.read_bytes()
    if target.is_file():
        if target.read_bytes() == data:
            return Copied(len(data))
        if not check_mesh(target).damage:
            return refused_for(target, source)
    return written(target, len(data), partial(write_bytes, target, data))

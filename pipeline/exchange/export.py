"""Export the stored objects of a category to a folder: read each, turn it into files, write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.artifacts.project import Project
from pipeline.datasets.records import ObjectKey, Split
from pipeline.exchange.export_folder import ExportFolder
from pipeline.exchange.exported_object import ExportedObject, ObjectGroup
from pipeline.exchange.exporter import Exporter
from pipeline.exchange.stored_objects import StoredObjects, open_stored_objects
from pipeline.progress import Progress

FORMAT_VERSION = 1  # of all formats; raise it if the same objects give other bytes


@dataclass(frozen=True)
class ExportChoice:
    """Choice of an export: the format, and which objects of a category."""

    format: str
    category: str
    teacher: str | None = None
    split: Split | None = None
    limit: int | None = None


def export_category(project: Project, choice: ExportChoice, exporter: Exporter, out: Path) -> int:
    """Write the chosen objects below `out` and return their number. An export that was stopped continues.

    Raises UserError if `out` holds anything else, and before anything is written if stores are missing.
    """
    stored = open_stored_objects(project, choice.category, choice.teacher, exporter.takes_labels)
    splits = stored.keys(choice.split, choice.limit)
    groups = list(object_groups(choice.category, splits, exporter.objects_together))
    folder = ExportFolder.open(out, _record(stored, splits, choice, exporter.objects_together))
    write_groups(f"export {choice.format} {choice.category}", groups, stored.read, exporter, folder)
    return len(splits)


def write_groups(
    label: str,
    groups: Sequence[ObjectGroup],
    read: Callable[[ObjectKey, str], ExportedObject],
    exporter: Exporter,
    folder: ExportFolder,
) -> None:
    """Write the groups of objects that are not complete yet. `read` gets an object's key and split."""
    missing = [group for group in groups if not folder.has(exporter.last_file(group))]
    total = sum(len(group.keys) for group in groups)
    progress = Progress(label, total, "objects")
    progress.start_at(total - sum(len(group.keys) for group in missing))
    for group in missing:
        for file, pieces in exporter.files(group, (read(key, group.split) for key in group.keys)):
            folder.write(file, pieces)
        progress.step(count=len(group.keys))
    progress.close(f"-> {folder.root}")


def object_groups(category: str, splits: Mapping[ObjectKey, str], together: int) -> Iterator[ObjectGroup]:
    """Divide objects into groups of at most `together`, each of one split, in their order."""
    for split in dict.fromkeys(splits.values()):
        keys = [key for key, of_object in splits.items() if of_object == split]
        for number, start in enumerate(range(0, len(keys), together)):
            yield ObjectGroup(category, split, number, tuple(keys[start : start + together]))


def _record(
    stored: StoredObjects, splits: dict[ObjectKey, Split], choice: ExportChoice, together: int
) -> dict[str, Any]:
    """Describe an export: everything that decides on its bytes, and what a reader wants to know."""
    stores = {"views": stored.views, "labels": stored.labels, "maps": stored.maps}
    return {
        "format": choice.format,
        "version": FORMAT_VERSION,
        "category": stored.manifest.category,
        "synset": stored.manifest.synset,
        "teacher": choice.teacher,
        "licence": stored.licence,
        "part_names": list(stored.manifest.part_names),
        "frame": "Right-handed, +Y up, the object's front is -Z; poses have OpenGL axes.",
        "objects_together": together,
        "stores": {name: opened.store.fingerprint for name, opened in stores.items() if opened is not None},
        "objects": {key.id: {"split": split, "content": stored.contents(key)} for key, split in splits.items()},
    }

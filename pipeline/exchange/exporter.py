"""The interface of export formats. tests/exchange/test_exporters.py holds all of them to it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeAlias

from pipeline.exchange.exported_object import ExportedObject, ObjectGroup

File: TypeAlias = tuple[PurePosixPath, Iterable[bytes]]  # relative to the export's folder; the content in pieces


@dataclass(frozen=True)
class Exporter:
    """Turns objects into files. It reads and writes nothing; the same objects give the same bytes.

    `last_file` names a group's file that comes last: a group with this file is complete. `files` yields a group's
    files, that one last; it is given the objects of `group.keys`, in their order. The pieces of a file are taken before
    the next file is asked for. It raises UserError for what the format cannot hold. `objects_together` is how many
    objects go into one group; `takes_labels`, whether the format has a place for labels.
    """

    last_file: Callable[[ObjectGroup], PurePosixPath]
    files: Callable[[ObjectGroup, Iterable[ExportedObject]], Iterator[File]]
    objects_together: int = 1
    takes_labels: bool = False


def exporter_of_objects(
    last_name: str, files: Callable[[ExportedObject], Iterator[tuple[str, bytes]]], takes_labels: bool = False
) -> Exporter:
    """Return an Exporter of one object at a time; each file is `<category>/<id>`, followed by a name from `files`.

    The readers of views take this layout. `last_name` is the name of an object's last file.
    """

    def last_file(group: ObjectGroup) -> PurePosixPath:
        return PurePosixPath(group.category) / f"{group.keys[0].id}{last_name}"

    def files_of(group: ObjectGroup, objects: Iterable[ExportedObject]) -> Iterator[File]:
        for exported in objects:
            for name, data in files(exported):
                yield PurePosixPath(group.category) / f"{exported.key.id}{name}", (data,)

    return Exporter(last_file, files_of, takes_labels=takes_labels)

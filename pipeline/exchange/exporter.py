"""The interface of export formats. tests/exchange/test_exporters.py holds all of them to it."""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Protocol, runtime_checkable

from pipeline.exchange.exported_object import ExportedObject, ObjectGroup

File = tuple[PurePosixPath, Iterable[bytes]]  # relative to the export's folder; the content in pieces


@runtime_checkable  # the tests check types at run time
class Exporter(Protocol):
    """Turns objects into files. It reads and writes nothing; the same objects give the same bytes."""

    @property
    def objects_together(self) -> int:
        """How many objects go into one group of files."""

    @property
    def takes_labels(self) -> bool:
        """Whether the format has a place for labels."""

    def last_file(self, group: ObjectGroup) -> PurePosixPath:
        """Name the file that comes last: a group with this file is complete."""

    def files(self, group: ObjectGroup, objects: Iterable[ExportedObject]) -> Iterator[File]:
        """Yield a group's files, `last_file` last. `objects` are those of `group.keys`, in their order.

        The pieces of a file are taken before the next file is asked for. Raises UserError for what the format cannot
        hold.
        """


def object_folder_of(group: ObjectGroup) -> PurePosixPath:
    """Return `<category>/<id>`, the folder of a group of one object; the readers of views take this layout."""
    return PurePosixPath(group.category) / group.keys[0].id

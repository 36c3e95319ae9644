"""The pictures of an evaluated field as files, with a list of what they show."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from eval.report.contents import Picture, PictureGroup
from pipeline.artifacts.receipts import damaged, read_record
from pipeline.artifacts.results import CAPTIONS
from pipeline.stores.atomic_files import write_bytes
from pipeline.stores.checked_json import plain_bytes, write_checked
from pipeline.stores.plain_files import empty_folder

GLANCE = "at a glance"
# The report's groups in their order, and what it says where there is no picture.
GROUPS = {
    GLANCE: "The views of the test objects show nothing.",
    "data": "",
    "features": "The views of the test objects show nothing.",
    "best pairs": "No two test objects have a keypoint or a part in common.",
    "worst pairs": "There are fewer than two pairs to compare.",
    "spread pairs": "There is no cross-instance pair.",
    "other camera": "There is no cross-instance pair.",
    "novel views": "",
}
_FILE = re.compile(r"\d{2,6}\.png")


@dataclass(frozen=True)
class StoredPicture:
    """A picture's file, and the words that belong to it."""

    file: str
    group: str
    caption: str
    alt: str
    together: str


@dataclass(frozen=True)
class StoredPictures:
    """The list of a field's pictures, in the order of the report."""

    pictures: tuple[StoredPicture, ...]


def write_pictures(folder: Path, pictures: Iterable[tuple[str, Picture]]) -> None:
    """Replace the folder by these pictures, each with the name of its group; the list comes last."""
    empty_folder(folder)
    stored = []
    for number, (group, picture) in enumerate(pictures, 1):
        file = f"{number:02d}.png"
        write_bytes(folder / file, picture.png)
        stored.append(StoredPicture(file, group, picture.caption, picture.alt, picture.together))
    write_checked(folder / CAPTIONS, asdict(StoredPictures(tuple(stored))))


def read_pictures(folder: Path, instance: str) -> tuple[PictureGroup, ...]:
    """Read the pictures of the field `instance`. Raises UserError if a file is missing or damaged."""
    stored = read_record(folder / CAPTIONS, "evaluate", instance, StoredPictures).pictures
    if not all(_FILE.fullmatch(picture.file) for picture in stored):  # the report shows whatever file is named here
        raise damaged(folder / CAPTIONS, "evaluate", instance)
    try:
        pictures = [(s.group, Picture(s.caption, s.alt, plain_bytes(folder / s.file), s.together)) for s in stored]
    except (FileNotFoundError, ValueError):
        raise damaged(folder, "evaluate", instance) from None
    return tuple(
        PictureGroup(name, tuple(picture for group, picture in pictures if group == name), missing)
        for name, missing in GROUPS.items()
    )

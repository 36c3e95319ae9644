"""The pictures of an evaluated field as files, with a list of what they show."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from eval.report.contents import Picture, PictureGroup
from pipeline.artifacts.receipts import damaged, read_record
from pipeline.artifacts.results import CAPTIONS
from pipeline.stores.atomic_files import write_bytes, write_json

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
    shutil.rmtree(folder, ignore_errors=True)
    stored = []
    for number, (group, picture) in enumerate(pictures, 1):
        file = f"{number:02d}.png"
        write_bytes(folder / file, picture.png)
        stored.append(StoredPicture(file, group, picture.caption, picture.alt, picture.together))
    write_json(folder / CAPTIONS, asdict(StoredPictures(tuple(stored))))


def read_pictures(folder: Path, instance: str) -> tuple[PictureGroup, ...]:
    """Read the pictures of the field `instance`. Raises UserError if a file is missing or damaged."""
    stored = read_record(folder / CAPTIONS, "evaluate", instance, StoredPictures).pictures
    try:
        pictures = [(s.group, Picture(s.caption, s.alt, (folder / s.file).read_bytes(), s.together)) for s in stored]
    except FileNotFoundError:
        raise damaged(folder, "evaluate", instance) from None
    return tuple(
        PictureGroup(name, tuple(picture for group, picture in pictures if group == name), missing)
        for name, missing in GROUPS.items()
    )

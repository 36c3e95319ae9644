"""Pictures as the template shows them: numbered, with their size, in plates and groups."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from eval.report.contents import Picture, PictureGroup
from eval.report.titles import GROUP_TEXTS

# Up to these widths in pixels four, three or two pictures share a row; a wider one has a row of its own.
_KINDS = ((300, "small"), (600, "medium"), (900, "large"))


@dataclass(frozen=True)
class Figure:
    """A picture with its number in the report and its size in pixels."""

    number: int
    picture: Picture

    @property
    def data(self) -> str:
        """The file as a page carries it."""
        return in_page(self.picture.png)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        # A PNG begins with 8 bytes of signature and its header's length and name; width and height follow.
        png = self.picture.png
        return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")

    @property
    def kind(self) -> str:
        """`small`, `medium`, `large` or `wide`: how much room it takes."""
        return next((name for limit, name in _KINDS if self.size[0] <= limit), "wide")


# Figures that are read side by side: their title where they have one, and rows of one kind.
Plate: TypeAlias = tuple[str, list[list[Figure]]]


@dataclass(frozen=True)
class Gallery:
    """A group of pictures: its name, what to know of it, and its plates."""

    name: str
    text: str
    plates: tuple[Plate, ...]


def gallery(group: PictureGroup, numbers: Iterator[int]) -> Gallery:
    """A group with its pictures numbered on from `numbers`."""
    plates = []
    for title, pictures in groupby(group.pictures, key=lambda picture: picture.together):
        figures = [Figure(next(numbers), picture) for picture in pictures]
        plates.append((title, [list(row) for _, row in groupby(figures, key=lambda figure: figure.kind)]))
    return Gallery(group.name, GROUP_TEXTS.get(group.name, ""), tuple(plates))


def in_page(png: bytes) -> str:
    """A file in base64."""
    return base64.b64encode(png).decode("ascii")

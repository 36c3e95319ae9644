"""Pictures as the template shows them: numbered, with their size, in plates and groups."""

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from eval.report.contents import Picture, PictureGroup
from eval.report.missing import picture_gap
from eval.report.titles import GROUP_TEXTS

# Up to these widths in pixels four, three or two pictures share a row; a wider one has a row of its own.
_KINDS = ((300, "small"), (600, "medium"), (900, "large"))


@dataclass(frozen=True)
class Figure:
    """A picture with its number in the report and its size in pixels."""

    number: int
    picture: Picture
    data: str
    width: int
    height: int

    @property
    def kind(self) -> str:
        """`small`, `medium`, `large` or `wide`: how much room it takes."""
        return next((name for limit, name in _KINDS if self.width <= limit), "wide")


@dataclass(frozen=True)
class Plate:
    """Figures that are read side by side, under one title where they have one; each row is of one kind."""

    title: str
    rows: tuple[tuple[Figure, ...], ...]


@dataclass(frozen=True)
class Gallery:
    """A group of pictures: its name, what to know of it, its plates, and why there is none."""

    name: str
    text: str
    plates: tuple[Plate, ...]
    gap: str


def gallery(group: PictureGroup, numbers: Iterator[int]) -> Gallery:
    """A group with its pictures numbered on from `numbers`."""
    plates = tuple(
        _plate(title, [_figure(next(numbers), picture) for picture in pictures])
        for title, pictures in groupby(group.pictures, key=lambda picture: picture.together)
    )
    return Gallery(group.name, GROUP_TEXTS.get(group.name, ""), plates, picture_gap(group))


def _plate(title: str, figures: Sequence[Figure]) -> Plate:
    return Plate(title, tuple(tuple(row) for _, row in groupby(figures, key=lambda figure: figure.kind)))


def _figure(number: int, picture: Picture) -> Figure:
    # A PNG begins with 8 bytes of signature and its header's length and name; width and height follow.
    width, height = (int.from_bytes(picture.png[start : start + 4], "big") for start in (16, 20))
    return Figure(number, picture, base64.b64encode(picture.png).decode("ascii"), width, height)


def image_data(rgb: UInt8[np.ndarray, "h w 3"]) -> str:
    """An image as a PNG file in base64, as a page carries it."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, format="PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode("ascii")

"""A place of the source: a pixel, a keypoint, or a point of its cloud; and its form as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from pipeline.errors import UserError


@dataclass(frozen=True)
class PixelPlace:
    """A pixel of the source's image."""

    row: int
    column: int


@dataclass(frozen=True)
class KeypointPlace:
    """A keypoint of the source, by its semantic id."""

    number: int


@dataclass(frozen=True)
class PointPlace:
    """A point of the source's cloud, by its index."""

    index: int


Place: TypeAlias = PixelPlace | KeypointPlace | PointPlace


def parse_place(text: str) -> Place:
    """Read a place as it is typed: `40,64` is a row and a column, `k7` a keypoint, `p12` a point. Raises UserError."""
    pixel = re.fullmatch(r"\s*(\d{1,5})\s*[, ]\s*(\d{1,5})\s*", text, re.ASCII)
    if pixel:
        return PixelPlace(int(pixel[1]), int(pixel[2]))
    numbered = re.fullmatch(r"\s*([kp])(\d{1,6})\s*", text, re.ASCII)
    if numbered is None:
        raise UserError(f"'{text}' is no place: give row,column such as 40,64, or a keypoint such as k7.")
    return KeypointPlace(int(numbered[2])) if numbered[1] == "k" else PointPlace(int(numbered[2]))

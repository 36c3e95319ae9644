"""Wavefront mtl files and their textures, never read from outside the model's own folder."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from pipeline.datasets.records import Material

GREY = Material((0.5, 0.5, 0.5), None)


@dataclass(frozen=True)
class MaterialEntry:
    """What an mtl file says of one material: `Kd`, sRGB 0..1, and the file name after `map_Kd` as written."""

    colour: tuple[float, float, float] | None
    texture: str | None


def parse_mtl(text: str) -> dict[str, MaterialEntry]:
    """The materials of an mtl file's text by name. A `Kd` that is no three finite numbers counts as absent.

    Opacity (`d`, `Tr`, `map_d`) is not read: every surface is opaque, or glass would stand in the colour and not in
    the depth.
    """
    entries: dict[str, MaterialEntry] = {}
    name: str | None = None
    for line in text.split("\n"):
        keyword, _, value = line.strip().replace("\t", " ").partition(" ")
        value = value.strip()
        if keyword == "newmtl":
            name = value
            entries[name] = MaterialEntry(None, None)
        elif name is not None and keyword.lower() == "kd":
            entries[name] = MaterialEntry(_colour(value), entries[name].texture)
        elif name is not None and keyword.lower() == "map_kd" and value:
            entries[name] = MaterialEntry(entries[name].colour, value)
    return entries


def file_inside(folder: Path, named_in: Path, name: str) -> Path | None:
    """The existing file called `name` in a file of folder `named_in`; None if it is missing or not inside `folder`.

    Links are followed before the check. The path that comes back is absolute.
    """
    try:
        path = (named_in / name).resolve()
        return path if path.is_relative_to(folder.resolve()) and path.is_file() else None
    except (OSError, ValueError):
        return None


def read_texture(path: Path) -> UInt8[np.ndarray, "h w 3"] | None:
    """The picture as sRGB, row 0 at the top, without its alpha; None if it cannot be decoded."""
    try:
        with Image.open(path) as image:
            # A palette with per-entry alpha has no direct way to RGB.
            opened = image.convert("RGBA") if image.mode == "P" else image
            return np.array(opened.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _colour(value: str) -> tuple[float, float, float] | None:
    try:
        red, green, blue = (min(max(float(number), 0.0), 1.0) for number in value.split())
    except ValueError:
        return None
    return (red, green, blue) if math.isfinite(red + green + blue) else None

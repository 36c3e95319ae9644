"""Wavefront mtl files and their textures, never read from outside the model's own folder."""

import math
import warnings
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.records import Material
from pipeline.datasets.text_files import read_text

GREY = Material((0.5, 0.5, 0.5), None)
TEXTURE_PIXELS = 2**26
# What textures come as. Pillow knows more formats, and one of them would start another program.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TGA", "TIFF", "WEBP", "PPM")
# The options of map_Kd, and how many words may follow each.
_OPTIONS = {"-o": 3, "-s": 3, "-t": 3, "-mm": 2} | dict.fromkeys(
    ("-blendu", "-blendv", "-cc", "-clamp", "-texres", "-imfchan", "-boost", "-bm", "-type"), 1
)
_NUMERIC = ("-o", "-s", "-t", "-mm")


@dataclass(frozen=True)
class MaterialEntry:
    """One material of an mtl file: `Kd`, sRGB 0..1, the file name after `map_Kd` as written, and whether `d`, `Tr` or
    `map_d` makes it transparent."""

    colour: tuple[float, float, float] | None = None
    texture: str | None = None
    transparent: bool = False


def parse_mtl(text: str) -> dict[str, MaterialEntry]:
    """Parse the materials of an mtl file's text by name.

    A `Kd` of one number is grey; one that is neither one nor three finite numbers counts as absent. Comments, behind a
    blank and `#`, are left out.
    """
    entries: dict[str, MaterialEntry] = {}
    name: str | None = None
    for line in text.split("\n"):
        keyword, _, value = line.partition(" #")[0].strip().replace("\t", " ").partition(" ")
        value = value.strip()
        if keyword == "newmtl":
            name = value
            entries[name] = MaterialEntry()
        elif name is not None and keyword.lower() == "kd":
            entries[name] = replace(entries[name], colour=_colour(value))
        elif name is not None and keyword.lower() == "map_kd" and value:
            entries[name] = replace(entries[name], texture=_without_options(value))
        elif name is not None and _makes_transparent(keyword.lower(), value):
            entries[name] = replace(entries[name], transparent=True)
    return entries


def _makes_transparent(keyword: str, value: str) -> bool:
    """`d` is opacity, `Tr` its complement, each 0..1; a map says that it varies."""
    if keyword == "map_d":
        return bool(value)
    if keyword not in ("d", "tr"):
        return False
    try:
        amount = float(value.removeprefix("-halo").split()[0])
    except (ValueError, IndexError):
        return False
    return amount < 1 if keyword == "d" else amount > 0


def read_mtl(path: Path) -> dict[str, MaterialEntry] | None:
    """Read the materials of an mtl file; None if it cannot be read or is no text file within the limits."""
    try:
        return parse_mtl(read_text(path.parent, PurePosixPath(path.name)))
    except DatasetError:
        return None


def file_inside(folder: Path, named_in: Path, name: str) -> Path | None:
    """Find the file that a file in the folder `named_in` calls `name`; None if it is missing or not inside `folder`.

    Backslashes are slashes: exporters on Windows write them. Links are followed before the check. The path that comes
    back is absolute.
    """
    try:
        path = (named_in / name.replace("\\", "/")).resolve()
        return path if path.is_relative_to(folder.resolve()) and path.is_file() else None
    except (OSError, ValueError, RuntimeError):  # pathlib raises the last for a link that leads to itself
        return None


def read_texture(path: Path | BytesIO) -> UInt8[np.ndarray, "h w 3"] | None:
    """Read a picture as sRGB, row 0 at the top, without its alpha; None if it cannot be decoded or has over 64 Mpx."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _decoded(path)
    except Exception:  # decoders raise whatever they meet in a broken file
        return None


def _decoded(path: Path | BytesIO) -> UInt8[np.ndarray, "h w 3"] | None:
    with Image.open(path, formats=_FORMATS) as image:
        if image.width * image.height > TEXTURE_PIXELS:
            return None
        if image.mode.startswith("I;16"):  # Pillow would clip to 255
            grey: UInt8[np.ndarray, "h w"] = (np.array(image, dtype=np.uint16) >> 8).astype(np.uint8)
            return np.repeat(grey[:, :, None], 3, axis=2)
        # A palette with per-entry alpha has no direct way to RGB.
        opened = image.convert("RGBA") if image.mode == "P" else image
        return np.array(opened.convert("RGB"))


def _without_options(value: str) -> str:
    """The file name behind the options of a map; it may hold blanks, so it is all that is left."""
    while True:
        option, *rest = value.split(None, 1)
        if option not in _OPTIONS or not rest:
            return value
        value = rest[0]
        for _ in range(_OPTIONS[option]):
            word, *rest = value.split(None, 1)
            if not rest or (option in _NUMERIC and not _is_number(word)):
                break
            value = rest[0]


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _colour(value: str) -> tuple[float, float, float] | None:
    try:
        words = value.split()
        red, green, blue = (min(max(float(word), 0.0), 1.0) for word in (words * 3 if len(words) == 1 else words))
    except ValueError:
        return None
    return (red, green, blue) if math.isfinite(red + green + blue) else None

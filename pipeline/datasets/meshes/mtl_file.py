"""Wavefront mtl files: materials as they are written. `obj_materials` says which of them a face has."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from pipeline.datasets.meshes.face_colours import white_of
from pipeline.datasets.meshes.object_files import decoded_name

# The options of a map, and how many words may follow each.
_OPTIONS = {"-o": 3, "-s": 3, "-t": 3, "-mm": 2} | dict.fromkeys(
    ("-blendu", "-blendv", "-cc", "-clamp", "-texres", "-imfchan", "-boost", "-bm", "-type", "-colorspace"), 1
)
_NUMERIC = ("-o", "-s", "-t", "-mm")
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class TextureMap:
    """A map of a material: the file name as written, and what `-s` and `-o` make of u and v: `uv * scale + offset`."""

    name: str
    scale: tuple[float, float] = (1.0, 1.0)
    offset: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class MaterialEntry:
    """One material of an mtl file: `Kd` and `Ka`, sRGB 0..1, `map_Kd` and `map_Ka`.

    `transparent` says that `d`, `Tr` or `map_d` makes it so. `folder` is the mtl file's. `merged` says that two
    definitions of other content made it.
    """

    folder: PurePosixPath
    colour: Colour | None = None
    texture: TextureMap | None = None
    ambient: Colour | None = None
    ambient_texture: TextureMap | None = None
    transparent: bool = False
    merged: bool = False

    def then(self, later: "MaterialEntry") -> "MaterialEntry":
        """Return this entry, overridden by a later definition of the same name. Two equal definitions count as one."""
        if replace(self, folder=later.folder) == later:
            return self
        return MaterialEntry(
            later.folder if later.texture or later.ambient_texture else self.folder,
            later.colour or self.colour,
            later.texture or self.texture,
            later.ambient or self.ambient,
            later.ambient_texture or self.ambient_texture,
            self.transparent or later.transparent,
            merged=True,
        )


def parse_mtl(text: bytes, folder: PurePosixPath) -> dict[str, MaterialEntry]:
    """Parse the materials of an mtl file by name; its lines end with LF, and `folder` is where it lies.

    A backslash at the end of a line joins it with the next one. A colour of one number is grey, a fourth one is
    opacity; of fewer, or of what is no finite number, it counts as absent. All of a file are 0..1, or as `white_of`
    says. For comments see `split_line`.
    """
    entries: dict[str, MaterialEntry] = {}
    name: str | None = None
    entry = MaterialEntry(folder)
    for line in [*text.replace(b"\\\n", b" ").split(b"\n"), b"newmtl"]:  # the last one ends the last material
        keyword, value = split_line(line)
        if keyword == "newmtl":
            if name is not None:
                entries[name] = entries[name].then(entry) if name in entries else entry
            name, entry = value, MaterialEntry(folder)
        elif keyword in _FIELDS:
            field, parse = _FIELDS[keyword]
            entry = replace(entry, **{field: parse(value)})
        elif _makes_transparent(keyword, value):
            entry = replace(entry, transparent=True)
    white = white_of(np.array([c for e in entries.values() for c in (e.colour, e.ambient) if c is not None]))
    return {
        name: replace(entry, colour=_scaled(entry.colour, white), ambient=_scaled(entry.ambient, white))
        for name, entry in entries.items()
    }


def split_line(line: bytes) -> tuple[str, str]:
    """The keyword of a line, in lower case, and what follows it, without a comment behind ` # `.

    `Material #25` is a name: without a blank behind it, `#` is taken for a comment only where no such name is known.
    """
    words = re.split(rb"[ \t]#(?=\s|$)", line, maxsplit=1)[0].split(None, 1)
    return (decoded_name(words[0]).lower() if words else ""), decoded_name(words[1]).strip() if len(words) > 1 else ""


def without_comment(name: str) -> str:
    """A name up to a blank and `#`."""
    return re.split(r"[ \t]#", name, maxsplit=1)[0].strip()


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


def _texture_map(value: str) -> TextureMap | None:
    """A file name behind options; it may hold blanks, so it is all that is left."""
    numbers: dict[str, list[float]] = {"-s": [], "-o": []}
    while True:
        option, *rest = value.split(None, 1) or [""]
        if option not in _OPTIONS or not rest:
            break
        value, numbers[option] = rest[0], []
        for _ in range(_OPTIONS[option]):
            word, *rest = value.split(None, 1)
            number = _number(word)
            if not rest or (option in _NUMERIC and not math.isfinite(number)):
                break
            value = rest[0]
            numbers[option].append(number)
    scale, offset = numbers["-s"], numbers["-o"]
    scale_u, scale_v = [*scale, 1.0, 1.0][:2] if len(scale) != 1 else scale * 2
    offset_u, offset_v = [*offset, 0.0, 0.0][:2]
    return TextureMap(value, (scale_u, scale_v), (offset_u, offset_v)) if value else None


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return math.nan


def _colour(value: str) -> Colour | None:
    words = value.partition("#")[0].split()
    numbers = [_number(word) for word in (words * 3 if len(words) == 1 else words)]
    if len(numbers) not in (3, 4) or not all(map(math.isfinite, numbers)):
        return None
    return numbers[0], numbers[1], numbers[2]


def _scaled(colour: Colour | None, white: float) -> Colour | None:
    if colour is None:
        return None
    red, green, blue = (min(max(number / white, 0.0), 1.0) for number in colour)
    return red, green, blue


_FIELDS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "kd": ("colour", _colour),
    "map_kd": ("texture", _texture_map),
    "ka": ("ambient", _colour),
    "map_ka": ("ambient_texture", _texture_map),
}

"""What can happen inside glb and ply files: other numbers, other types, another meaning."""

import json
import re
import struct
from pathlib import Path

import numpy as np

from tests.fuzz.json_mutations import json_changed
from tests.fuzz.outside import OUTSIDE_NAMES


def glb_tree_changed(file: Path, rng: np.random.Generator) -> None:
    content = file.read_bytes()
    (length,) = struct.unpack_from("<I", content, 12)
    part = file.with_suffix(".tree")
    part.write_bytes(content[20 : 20 + length])
    json_changed(part, rng)
    text = part.read_bytes()
    part.unlink()
    if rng.integers(3) == 0:
        uri = str(rng.choice([*OUTSIDE_NAMES, "file:///etc/hostname", "data:image/png;base64,AAAA"]))
        text = text.replace(b'"bufferView": 3', b'"uri": ' + json.dumps(uri).encode())
        text = text.replace(b'{"byteLength"', b'{"uri": ' + json.dumps(uri).encode() + b', "byteLength"')
    _repacked(file, text, content[20 + length :])


def glb_numbers_changed(file: Path, rng: np.random.Generator) -> None:
    """Numbers of the binary chunk become absurd."""
    content = bytearray(file.read_bytes())
    (length,) = struct.unpack_from("<I", content, 12)
    values = (np.nan, np.inf, 1e30, -1e38, 1e-40)
    for place in rng.integers(min(20 + length, len(content) - 5), len(content) - 4, size=int(rng.integers(1, 9))):
        if rng.integers(2):
            struct.pack_into("<f", content, place, values[int(rng.integers(len(values)))])
        else:
            struct.pack_into("<I", content, place, int(rng.choice([0, 255, 65535, 2**32 - 1])))
    file.write_bytes(bytes(content))


def glb_accessor_swapped(file: Path, rng: np.random.Generator) -> None:
    """An accessor, a type or a mode stands where another should: valid numbers with another meaning."""
    content = file.read_bytes()
    (length,) = struct.unpack_from("<I", content, 12)
    text = content[20 : 20 + length].decode("utf-8", "replace")
    numbers = list(re.finditer(r'(?<=": )\d+|(?<=":)\d+|"(?:SCALAR|VEC\d|MAT4)"', text))
    if numbers:
        place = numbers[int(rng.integers(len(numbers)))]
        codes = [0, 1, 2, 3, 4, 5, 6, 7, 33071, 33648, *range(5120, 5127)]
        kinds = ['"SCALAR"', '"VEC2"', '"VEC3"', '"VEC4"', '"MAT4"']
        new = str(rng.choice(kinds if place[0].startswith('"') else codes))
        text = text[: place.start()] + new + text[place.end() :]
    _repacked(file, text.encode(), content[20 + length :])


def _repacked(file: Path, text: bytes, chunks: bytes) -> None:
    text += b" " * (-len(text) % 4)
    rest = struct.pack("<I4s", len(text), b"JSON") + text + chunks
    file.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(rest)) + rest)


def header_numbers(file: Path, rng: np.random.Generator) -> None:
    """A count of a binary file becomes absurd."""
    content = bytearray(file.read_bytes())
    place = int(rng.integers(max(1, min(len(content) - 4, 120))))
    content[place : place + 4] = struct.pack("<I", int(rng.choice([0, 1, 2**16, 2**31 - 1, 2**32 - 1])))
    file.write_bytes(bytes(content))


def ply_header(file: Path, rng: np.random.Generator) -> None:
    content = file.read_bytes()
    count = str(rng.choice(["0", "-1", "1", "99999999999", "4294967296", "1e3", "x"])).encode()
    content = re.sub(rb"element (vertex|face) \d+", lambda m: b"element " + m[1] + b" " + count, content, count=1)
    file.write_bytes(content)


def ply_properties(file: Path, rng: np.random.Generator) -> None:
    """A property has another type or name, is there twice, or is gone."""
    content = file.read_bytes()
    found = list(re.finditer(rb"property [^\n]*\n", content))
    if found:
        line = found[int(rng.integers(len(found)))]
        kinds = (b"char", b"uchar", b"ushort", b"int", b"uint", b"float", b"double", b"int64", b"list uchar int", b"x")
        kind = int(rng.integers(4))
        new = line[0] * 2 if kind == 0 else b"" if kind == 1 else line[0].replace(b" ", b" list ", 1)
        if kind == 3:
            new = b"property " + kinds[int(rng.integers(len(kinds)))] + b" " + line[0].rsplit(b" ", 1)[1]
        content = content[: line.start()] + new + content[line.end() :]
    file.write_bytes(content)

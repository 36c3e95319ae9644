"""What can happen inside a format: numbers and types that are none, indices beyond all, and names that lead outside."""

import json
import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.fuzz.byte_mutations import Mutate
from tests.fuzz.outside import OUTSIDE_NAMES, canary

WORDS = (
    *("nan", "inf", "-inf", "1e999", "1e-999", "1e300", "-1", "-7", "0", "2147483648", "-2147483649", "9" * 20),
    *("x", "1_0", "0x10", "/", "1/", "/1", "1//1/1", "-", "٣", "true"),
)
CORNERS = ("0", "-1", "-999999999", "4000000000", "1/-1", "1/999999999/1", "1//", "1///1", "-0", "+1")
VALUES: tuple[Any, ...] = (
    None, True, False, [], {}, "", "x", -1, 0, 10**30, 1.5, float("nan"), float("inf"), [None], [[[[]]]], [1e308] * 3,
    "../../x", "/etc/passwd", "a\0b", "../outside/secret.h5", {"a": 1}, 2**63, "1", [0] * 1000,
)  # fmt: skip
TEXTS = (".obj", ".mtl", ".pts", ".seg", ".txt", ".pcd", ".ply", ".stl")


def _replace(file: Path, new: str) -> None:
    file.write_text(new, encoding="utf-8")


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


def word_changed(file: Path, rng: np.random.Generator) -> None:
    words = re.split(r"(\s+)", _text(file))
    for place in rng.integers(len(words), size=int(rng.integers(1, 4))):
        words[place] = str(rng.choice(WORDS)) if words[place].strip() else str(rng.choice([" ", "", "\n", "\t"]))
    _replace(file, "".join(words))


def word_missing(file: Path, rng: np.random.Generator) -> None:
    words = re.split(r"(\s+)", _text(file))
    del words[int(rng.integers(len(words)))]
    _replace(file, "".join(words))


def lines_mixed(file: Path, rng: np.random.Generator) -> None:
    lines = _text(file).split("\n")
    a, b = rng.integers(len(lines), size=2)
    kind = int(rng.integers(4))
    if kind == 0:
        lines[a], lines[b] = lines[b], lines[a]
    elif kind == 1:
        lines.insert(int(a), lines[b])
    elif kind == 2:
        del lines[int(a)]
    else:
        rng.shuffle(lines)
    _replace(file, "\n".join(lines))


def scaled(file: Path, rng: np.random.Generator) -> None:
    """All numbers with a dot at once: huge, tiny, or equal."""
    factor = str(rng.choice(["e300", "e150", "e-320", "e39", "e-30"]))
    _replace(file, re.sub(r"\d\.\d+", lambda number: number[0] + factor, _text(file)))


def obj_face(file: Path, rng: np.random.Generator) -> None:
    corner = str(rng.choice(CORNERS))
    _replace(file, _text(file) + f"\nf 1 2 {corner}\nf 1 1 1\nf 1\n"[: int(rng.integers(8, 40))])


def obj_leads_outside(file: Path, rng: np.random.Generator) -> None:
    _replace(file, f"mtllib {rng.choice(OUTSIDE_NAMES)}\nmtllib /etc/passwd\n" + _text(file))


def mtl_leads_outside(file: Path, rng: np.random.Generator) -> None:
    name = str(rng.choice(OUTSIDE_NAMES))
    _replace(file, re.sub(r"(?m)^newmtl .*$", lambda line: f"{line[0]}\nmap_Kd {name}", _text(file)))


def picture_leads_outside(file: Path, rng: np.random.Generator) -> None:
    file.unlink()
    file.symlink_to(canary(file, "secret.png"))


def huge_picture(file: Path, rng: np.random.Generator) -> None:
    """A PNG whose header claims a size that no memory holds."""
    content = bytearray(file.read_bytes())
    if content[:4] == b"\x89PNG":
        content[16:24] = struct.pack(">II", 50_000, int(rng.choice([50_000, 2_000, 1])))
    file.write_bytes(bytes(content))


def json_changed(file: Path, rng: np.random.Generator) -> None:
    """A random node becomes something else, or goes, or is there twice."""
    tree = json.loads(_text(file))
    for _ in range(int(rng.integers(1, 3))):
        places: list[tuple[Any, Any]] = []
        open_nodes = [tree]
        while open_nodes:
            node = open_nodes.pop()
            items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
            for name, child in items:
                places.append((node, name))
                open_nodes.append(child)
        if not places:
            break
        node, name = places[int(rng.integers(len(places)))]
        kind = int(rng.integers(5))
        if kind == 0:
            del node[name]
        elif kind == 1 and isinstance(node, list):
            node.append(node[name])
        else:
            node[name] = VALUES[int(rng.integers(len(VALUES)))]
    _replace(file, json.dumps(tree))


def json_replaced(file: Path, rng: np.random.Generator) -> None:
    deep = ["[" * 200_000, "[" * 900 + "]" * 900, '{"a":' * 100_000, "9" * 10_000, "1e999", "[1,]", "NaN"]
    values = [json.dumps(value) for value in VALUES]
    _replace(file, str(rng.choice(deep + values)))


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
    text += b" " * (-len(text) % 4)
    rest = struct.pack("<I4s", len(text), b"JSON") + text + content[20 + length :]
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


def h5_changed(file: Path, rng: np.random.Generator) -> None:
    """A dataset of another shape, type or place."""
    name = str(rng.choice(["data", "label_seg", "data_num"]))
    kind = int(rng.integers(12))
    with h5py.File(file, "r+") as opened:
        held = opened[name][()]
        del opened[name]
        if kind == 0:
            opened[name] = h5py.ExternalLink(str(canary(file, "secret.h5")), "data")
        elif kind == 1:
            opened[name] = h5py.SoftLink("/absent")
        elif kind == 2:
            opened[name] = held.astype("S4")
        elif kind == 3:
            opened.create_group(name)
        elif kind == 4:
            opened[name] = held[..., :1]
        elif kind == 5:
            opened[name] = held.astype(np.float64) * np.nan
        elif kind == 6:
            opened[name] = np.full_like(held, -(2**31)) if held.dtype.kind == "i" else held * 1e38
        elif kind == 7:
            opened.create_dataset(name, shape=(10**6, 10**5, 3), dtype="f4", chunks=(1, 1000, 3))
        elif kind == 8:
            outside = [(str(canary(file, "secret.h5")), 0, held.nbytes)]
            opened.create_dataset(name, shape=held.shape, dtype=held.dtype, external=outside)
        elif kind == 9:
            source = h5py.VirtualSource(str(canary(file, "secret.h5")), "data", shape=held.shape, dtype=held.dtype)
            layout = h5py.VirtualLayout(shape=held.shape, dtype=held.dtype)
            layout[...] = source
            opened.create_virtual_dataset(name, layout)
        elif kind == 10:
            opened[name] = held[:0]
        else:
            opened[name] = np.zeros((), dtype=[("a", "i4"), ("b", "f4")])


ALL_TEXTS: Mapping[str, Mutate] = {
    "words changed": word_changed,
    "a word missing": word_missing,
    "lines mixed": lines_mixed,
    "numbers scaled": scaled,
}
FORMAT_MUTATIONS: Mapping[str, Mapping[str, Mutate]] = {
    ".obj": {**ALL_TEXTS, "strange faces": obj_face, "mtllib outside": obj_leads_outside},
    ".mtl": {**ALL_TEXTS, "map_Kd outside": mtl_leads_outside},
    ".ply": {**ALL_TEXTS, "ply header": ply_header, "header numbers": header_numbers},
    ".stl": {**ALL_TEXTS, "header numbers": header_numbers},
    ".json": {"json node changed": json_changed, "json replaced": json_replaced},
    ".glb": {"glb tree changed": glb_tree_changed, "header numbers": header_numbers},
    ".h5": {"h5 changed": h5_changed},
    ".png": {"picture outside": picture_leads_outside, "huge picture": huge_picture},
    ".jpg": {"picture outside": picture_leads_outside},
    **dict.fromkeys((".pts", ".seg", ".txt", ".pcd"), ALL_TEXTS),
}

"""What can happen inside a format: numbers and types that are none, indices beyond all, and names that lead outside."""

import re
import shutil
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

import h5py
import numpy as np

from tests.fuzz.byte_mutations import BYTE_MUTATIONS, Mutate
from tests.fuzz.json_mutations import json_changed, json_replaced
from tests.fuzz.mesh_mutations import (
    glb_accessor_swapped,
    glb_numbers_changed,
    glb_tree_changed,
    header_numbers,
    ply_header,
    ply_properties,
)
from tests.fuzz.outside import OUTSIDE_NAMES, canary

WORDS = (
    *("nan", "inf", "-inf", "1e999", "1e-999", "1e300", "-1", "-7", "0", "2147483648", "-2147483649", "9" * 20),
    *("x", "1_0", "0x10", "/", "1/", "/1", "1//1/1", "-", "٣", "true"),
)
CORNERS = ("0", "-1", "-999999999", "4000000000", "1/-1", "1/999999999/1", "1//", "1///1", "-0", "+1")
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


def picture_is_a_link(file: Path, rng: np.random.Generator) -> None:
    """To whatever lies beside it; links that lead outside are the user's own will and are followed."""
    beside = sorted(path.name for path in file.parent.iterdir() if path != file)
    file.unlink()
    file.symlink_to(str(rng.choice([*beside, ".", ".."])))


def huge_picture(file: Path, rng: np.random.Generator) -> None:
    """A PNG whose header claims a size that no memory holds."""
    content = bytearray(file.read_bytes())
    if content[:4] == b"\x89PNG":
        content[16:24] = struct.pack(">II", 50_000, int(rng.choice([50_000, 2_000, 1])))
    file.write_bytes(bytes(content))


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
    ".ply": {**ALL_TEXTS, "ply header": ply_header, "ply properties": ply_properties, "header numbers": header_numbers},
    ".stl": {**ALL_TEXTS, "header numbers": header_numbers},
    ".json": {"json node changed": json_changed, "json replaced": json_replaced},
    ".glb": {
        "glb tree changed": glb_tree_changed,
        "glb numbers changed": glb_numbers_changed,
        "glb accessor swapped": glb_accessor_swapped,
        "header numbers": header_numbers,
    },
    ".h5": {"h5 changed": h5_changed},
    ".png": {"picture is a link": picture_is_a_link, "huge picture": huge_picture},
    ".jpg": {"picture is a link": picture_is_a_link},
    **dict.fromkeys((".pts", ".seg", ".txt", ".pcd"), ALL_TEXTS),
}


def mutations_of(file: Path) -> dict[str, Mutate]:
    return {**BYTE_MUTATIONS, **FORMAT_MUTATIONS.get(file.suffix, {})}


def damaged(whole: Path, file: str, rounds: int) -> Iterator[Path]:
    """Copies of a folder, one after the other in one place, each with another mutation of the file.

    A mutation that draws nothing does the same in every round, so it is in the first one alone.
    """
    mutations = list(mutations_of(Path(file)).values())
    drawing = set(range(len(mutations)))
    for number in range(len(mutations) * rounds):
        which = number % len(mutations)
        if which in drawing:
            copy = Path(shutil.copytree(whole, whole.with_name("damaged")))
            rng = np.random.default_rng(number)
            undrawn = rng.bit_generator.state
            mutations[which]((copy / file).resolve(), rng)
            if rng.bit_generator.state == undrawn:
                drawing.remove(which)
            yield copy
            shutil.rmtree(copy)

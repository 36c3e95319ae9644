"""Mtl files: options of maps, colours, transparency."""

from pathlib import PurePosixPath

import pytest

from pipeline.datasets.meshes.mtl_file import MaterialEntry, parse_mtl


def entry_of(lines: str) -> MaterialEntry:
    return parse_mtl(f"newmtl m\n{lines}\n".encode(), PurePosixPath())["m"]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("a.png", "a.png"),
        ("my wood.png", "my wood.png"),
        ("-s 1 1 1 a.png", "a.png"),
        ("-s 1 a.png", "a.png"),
        ("-o 0.5 -1 -s 2 2 my wood.png", "my wood.png"),
        ("a.png # drawn by hand", "a.png"),
        ("no#1.png", "no#1.png"),
        ("-clamp on -blendu off -mm 0 1 a.png", "a.png"),
        ("-bm 1 -imfchan r 2.png", "2.png"),
        ("-t 1 2 3 4", "4"),
        ("-s", "-s"),
        ("-dash.png", "-dash.png"),
        ("-x a.png", "-x a.png"),
        ("-colorspace sRGB a.png", "a.png"),
        ("..\\images\\a.png", "..\\images\\a.png"),
    ],
)
def test_the_file_name_stands_behind_the_options(written, name):
    entry = entry_of(f"Kd 1 0 0\nmap_Kd {written}\r")
    assert (entry.texture.name, entry.colour) == (name, (1, 0, 0))


@pytest.mark.parametrize(
    ("written", "colour"),
    [
        ("0.8", (0.8, 0.8, 0.8)),
        ("1 0 0 # red", (1, 0, 0)),
        ("1 2 -1", (1, 1, 0)),
        ("1 0", None),
        ("1 0 0 0.5", (1, 0, 0)),
        ("1 0 0 #red", (1, 0, 0)),
        ("51 102 153", (0.2, 0.4, 0.6)),
        ("13107 0 65535", (0.2, 0, 1)),
        ("3.5 0.2 0", (1, 0.2, 0)),
        ("nan", None),
        ("", None),
    ],
)
def test_colours(written, colour):
    assert entry_of(f"Kd {written}").colour == colour


def test_all_colours_of_a_file_have_one_white():
    entries = parse_mtl(b"newmtl a\nKd 0 1 0\nnewmtl b\nKd 255 0 0\nKa 51 0 0\n", PurePosixPath())
    assert entries["a"].colour == (0, 1 / 255, 0)
    assert (entries["b"].colour, entries["b"].ambient) == ((1, 0, 0), (0.2, 0, 0))


@pytest.mark.parametrize(
    ("written", "transparent"),
    [
        ("d 1", False),
        ("d 0.5", True),
        ("d 0", True),
        ("d -halo 0.2", True),
        ("Tr 0", False),
        ("Tr 0.3", True),
        ("map_d leaf.png", True),
        ("map_d", False),
        ("d", False),
        ("d x", False),
        ("d nan", False),
        ("", False),
    ],
)
def test_transparency_is_recorded(written, transparent):
    assert entry_of(f"Kd 1 0 0\n{written}").transparent == transparent

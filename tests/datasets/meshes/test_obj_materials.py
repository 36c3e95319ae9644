"""Mtl files and pictures: options, paths, and pictures that are none."""

import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.meshes import obj_materials
from pipeline.datasets.meshes.obj_materials import file_inside, parse_mtl, read_mtl, read_texture


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
        ("..\\images\\a.png", "..\\images\\a.png"),
    ],
)
def test_the_file_name_stands_behind_the_options(written, name):
    entry = parse_mtl(f"newmtl m\nKd 1 0 0\nmap_Kd {written}\r\n")["m"]
    assert (entry.texture, entry.colour) == (name, (1, 0, 0))


@pytest.mark.parametrize(
    ("written", "colour"),
    [
        ("0.8", (0.8, 0.8, 0.8)),
        ("1 0 0 # red", (1, 0, 0)),
        ("1 2 -1", (1, 1, 0)),
        ("1 0", None),
        ("nan", None),
        ("", None),
    ],
)
def test_colours(written, colour):
    assert parse_mtl(f"newmtl m\nKd {written}\n")["m"].colour == colour


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
    assert parse_mtl(f"newmtl m\nKd 1 0 0\n{written}\n")["m"].transparent == transparent


def test_backslashes_are_slashes(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "models").mkdir()
    (tmp_path / "images/a.png").touch()
    found = (tmp_path / "images/a.png").resolve()
    assert file_inside(tmp_path, tmp_path / "models", "..\\images\\a.png") == found
    assert file_inside(tmp_path / "models", tmp_path / "models", "..\\images\\a.png") is None
    assert file_inside(tmp_path, tmp_path, "\\etc\\hostname") is None


def test_an_mtl_that_cannot_be_read(tmp_path):
    (tmp_path / "long.mtl").write_text("newmtl " + "a" * 1_100_000)
    assert read_mtl(tmp_path / "long.mtl") is None
    assert read_mtl(tmp_path) is None
    (tmp_path / "a.mtl").write_text("newmtl a\n")
    assert list(read_mtl(tmp_path / "a.mtl") or ()) == ["a"]


def png(width: int, height: int, body: bytes) -> bytes:
    """A PNG that claims a size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(50_000, 50_000), (10_000, 10_000), (8193, 8192)])
def test_pictures_of_more_pixels_than_a_texture_may_have(tmp_path, size):
    (tmp_path / "a.png").write_bytes(png(*size, b"\0" * 100))
    start = time.perf_counter()
    assert read_texture(tmp_path / "a.png") is None
    assert time.perf_counter() - start < 1


def test_the_limit_of_pixels(tmp_path, monkeypatch):
    Image.new("RGB", (4, 3), (1, 2, 3)).save(tmp_path / "a.png")
    monkeypatch.setattr(obj_materials, "TEXTURE_PIXELS", 12)
    assert np.array(read_texture(tmp_path / "a.png")).tolist() == [[[1, 2, 3]] * 4] * 3
    monkeypatch.setattr(obj_materials, "TEXTURE_PIXELS", 11)
    assert read_texture(tmp_path / "a.png") is None


def test_pictures_of_other_modes(tmp_path):
    Image.fromarray(np.full((2, 2), 0x4080, dtype=np.uint16)).save(tmp_path / "deep.png")
    assert np.array(read_texture(tmp_path / "deep.png")).tolist() == [[[0x40] * 3] * 2] * 2
    Image.new("P", (2, 2), 1).save(tmp_path / "a.gif")
    assert np.array(read_texture(tmp_path / "a.gif")).shape == (2, 2, 3)
    Image.new("CMYK", (2, 2)).save(tmp_path / "a.jpg")
    assert np.array(read_texture(tmp_path / "a.jpg")).shape == (2, 2, 3)
    Image.new("LA", (2, 2), (7, 9)).save(tmp_path / "la.png")
    assert np.array(read_texture(tmp_path / "la.png")).tolist() == [[[7] * 3] * 2] * 2


def test_pictures_that_are_none(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    for name in ("a.jpg", "a.png", "a.gif", "a.bmp", "a.tif", "a.webp"):
        Image.fromarray(noise).save(tmp_path / name)
        whole = (tmp_path / name).read_bytes()
        for end in (0, 1, 10, 100, len(whole) // 2):
            (tmp_path / name).write_bytes(whole[:end])
            assert read_texture(tmp_path / name) is None
    (tmp_path / "a.eps").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    assert read_texture(tmp_path / "a.eps") is None
    assert read_texture(tmp_path) is None

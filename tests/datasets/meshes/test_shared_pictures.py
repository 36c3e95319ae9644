"""Pictures on a mesh: modes, limits, and pictures that are none."""

import shutil
import struct
import subprocess
import sys
import time
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.meshes import textures
from pipeline.datasets.meshes.look_notes import LostLookError
from pipeline.datasets.meshes.textures import Picture, TextureReader
from tests.datasets.meshes.mesh_files import encoded


def read_texture(path: Path) -> Picture:
    return TextureReader().read(path, path.name)


def png(width: int, height: int) -> bytes:
    """A PNG whose header, with its checksum, claims a size."""
    content = bytearray(encoded(np.zeros((1, 1, 3), dtype=np.uint8)))
    content[16:24] = struct.pack(">II", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


@pytest.mark.parametrize("size", [(50_000, 50_000), (10_000, 10_000), (8193, 8192)])
def test_pictures_of_more_pixels_than_a_texture_may_have(tmp_path, size):
    (tmp_path / "a.png").write_bytes(png(*size))
    start = time.perf_counter()
    with pytest.raises(LostLookError, match="not decoded: too large") as caught:
        read_texture(tmp_path / "a.png")
    assert f"{size[0] * size[1]}" in caught.value.detail and "limit" in caught.value.detail
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    ("name", "picture", "shape", "shown"),
    [
        ("deep.png", Image.fromarray(np.full((2, 2), 0x4080, dtype=np.uint16)), (2, 2, 3), [0x40] * 3),
        ("a.gif", Image.new("P", (2, 2), 1), (2, 2, 3), None),
        ("a.jpg", Image.new("CMYK", (2, 2)), (2, 2, 3), None),
        ("la.png", Image.new("LA", (4, 3), (7, 9)), (3, 4, 3), [7] * 3),
    ],
)
def test_pictures_of_other_modes(tmp_path, name, picture, shape, shown):
    picture.save(tmp_path / name)
    read = np.array(read_texture(tmp_path / name))
    assert read.shape == shape and (shown is None or (read == shown).all())


def test_pictures_that_are_none(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    for name in ("a.jpg", "a.png", "a.gif", "a.bmp", "a.tif", "a.webp"):
        Image.fromarray(noise).save(tmp_path / name)
        whole = (tmp_path / name).read_bytes()
        for end in (0, 1, 10, 100, len(whole) // 2):
            (tmp_path / name).write_bytes(whole[:end])
            with pytest.raises(LostLookError, match=r"not decoded: (damaged|unknown format)"):
                read_texture(tmp_path / name)
    (tmp_path / "a.eps").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    for path, reason in ((tmp_path / "a.eps", "unknown format"), (tmp_path, "Is a directory")):
        with pytest.raises(LostLookError, match=reason):
            read_texture(path)


def test_a_picture_under_many_names_is_decoded_once(tmp_path):
    Image.new("RGB", (1024, 1024), (9, 8, 7)).save(tmp_path / "0.png")
    for number in range(1, 60):
        shutil.copy(tmp_path / "0.png", tmp_path / f"{number}.png")
    reader = TextureReader()
    tracemalloc.start()
    pictures = [reader.read(tmp_path / f"{number}.png", "a") for number in range(60)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert all(picture is pictures[0] for picture in pictures)
    assert peak < 32 * 2**20  # 180 MB without sharing; 16 MB are asked for and not used


@pytest.mark.parametrize("limit", ["TEXTURE_PIXELS", "OBJECT_PIXELS"])
def test_the_limits_of_pixels_of_one_picture_and_of_all(tmp_path, monkeypatch, limit):
    reader = TextureReader()
    monkeypatch.setattr(textures, limit, 12)
    for number, width in enumerate((4, 4 if limit == "OBJECT_PIXELS" else 5)):
        Image.new("RGB", (width, 3), (number, 0, 0)).save(tmp_path / f"{number}.png")
    for _ in range(2):
        assert reader.read(tmp_path / "0.png", "0.png").shape == (3, 4, 3)
        with pytest.raises(LostLookError, match="limit 12"):
            reader.read(tmp_path / "1.png", "1.png")


@pytest.mark.parametrize("suffix", ["png", "webp"])
def test_little_memory_is_no_damage(tmp_path, suffix):
    Image.new("RGB", (4000, 4000)).save(tmp_path / f"a.{suffix}")
    script = f"""
import resource
from pathlib import Path
from PIL import Image
from pipeline.datasets.meshes.textures import TextureReader
Image.new("RGB", (2, 2)).save({str(tmp_path / "small.webp")!r})  # loads the decoders
size = int(next(line for line in open("/proc/self/status") if line.startswith("VmSize")).split()[1]) * 1024
resource.setrlimit(resource.RLIMIT_AS, (size + 40 * 2**20,) * 2)
try:
    TextureReader().read(Path({str(tmp_path / f"a.{suffix}")!r}), "a")
except MemoryError:
    print("no memory")
"""
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout == "no memory\n"

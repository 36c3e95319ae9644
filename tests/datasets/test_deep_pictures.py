"""Grey pictures of more than 8 bits: scaled to 8, or refused where no number says what is white."""

import struct
from pathlib import PurePosixPath

import numpy as np
import pytest

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.look_notes import UNKNOWN_FORMAT, LostLookError
from pipeline.datasets.meshes.textures import TextureReader
from pipeline.datasets.picture_file import read_rgba
from tests.datasets.meshes.mesh_files import encoded

GREY = np.array([[0, 64], [128, 255]], dtype=np.uint8)


def pgm(largest: int, plain: bool = False) -> bytes:
    numbers = np.round(GREY / 255 * largest).astype(">u2")
    if plain:
        return b"P2 2 2 %d\n" % largest + " ".join(map(str, numbers.reshape(-1))).encode()
    return b"P5 2 2 %d\n" % largest + numbers.tobytes()


def tif(bits: int, white_is_zero: bool, order: str = "<") -> bytes:
    """One strip behind nine tags: width, height, bits, no compression, photometric, place, samples, rows, bytes."""
    largest = 2**bits - 1
    numbers = np.round(GREY / 255 * largest).astype(int)
    numbers = largest - numbers if white_is_zero else numbers
    if bits == 12:
        strip = b"".join(int(row[0] << 12 | row[1]).to_bytes(3, "big") for row in numbers)
    else:
        strip = numbers.astype(f"{order}u2").tobytes()
    tags = ((256, 2), (257, 2), (258, bits), (259, 1), (262, 0 if white_is_zero else 1), (273, 126), (277, 1))
    every = (*tags, (278, 2), (279, len(strip)))
    rows = b"".join(struct.pack(f"{order}HHIHH", tag, 3, 1, value, 0) for tag, value in every)
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return (magic + struct.pack(f"{order}IH", 8, len(every)) + rows + bytes(4)).ljust(126, b"\0") + strip


@pytest.mark.parametrize(
    "content",
    [
        encoded(GREY.astype(np.uint16) * 257, "PNG"),
        encoded(GREY.astype(np.uint16) * 257, "TIFF"),
        pgm(65535),
        pgm(4095),
        pgm(1000),
        pgm(4095, plain=True),
        tif(12, white_is_zero=False),
        tif(16, white_is_zero=False, order=">"),
        tif(16, white_is_zero=True),
    ],
)
def test_deep_grey_keeps_its_brightness(content):
    picture = TextureReader().read(content, "a").astype(int)
    assert np.abs(picture - GREY[:, :, None]).max() <= 1


PFM = b"Pf\n2 2\n-1.0\n" + (GREY / 255).astype("<f4").tobytes()


@pytest.mark.parametrize(
    "content", [PFM, encoded((GREY / 255).astype(np.float32), "TIFF"), encoded(GREY.astype(np.int32) * 2**23, "TIFF")]
)
def test_numbers_without_a_white_are_no_picture(content):
    with pytest.raises(LostLookError, match="which one is white; save it as a PNG") as caught:
        TextureReader().read(content, "a")
    assert caught.value.reason == f"texture {UNKNOWN_FORMAT}"


def test_views_may_be_deep_grey(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(GREY.astype(np.uint16) * 257, "PNG"))
    assert read_rgba(tmp_path, PurePosixPath("a.png"))[:, :, 2].tolist() == GREY.tolist()
    (tmp_path / "b.png").write_bytes(PFM)
    with pytest.raises(DatasetError, match="no PNG, JPEG or WebP"):
        read_rgba(tmp_path, PurePosixPath("b.png"))

"""What concerns the machine fails an object; what concerns a file is a fact about the object."""

import errno
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import pytest
from PIL import Image

from pipeline.datasets.axes import Axes
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.mesh_folder import MeshFolder
from pipeline.datasets.picture_file import read_rgba
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.text_files import read_bytes
from pipeline.stores import plain_files
from tests.datasets.meshes.mesh_files import FACES, VERTICES, write_obj

MACHINE = [
    MemoryError(),
    OSError(errno.EIO, "Input/output error"),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
    OSError(errno.EMFILE, "Too many open files"),
    OSError(errno.ESTALE, "Stale file handle"),
    OSError("out of memory error when reading image file"),
]
FILE = [PermissionError(errno.EACCES, "Permission denied"), OSError("image file is truncated"), ValueError("odd")]
KEY = ObjectKey("thing", "box")


def raising(error: Exception) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.fixture
def box(tmp_path: Path) -> MeshFolder:
    write_obj(tmp_path / "thing/box/box.obj", VERTICES, FACES)
    return MeshFolder(tmp_path, Axes("+y", "-z"))


@pytest.mark.parametrize("error", MACHINE, ids=repr)
def test_no_face_is_grey_because_the_machine_failed(
    box: MeshFolder, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(Image.Image, "convert", raising(error))
    with pytest.raises(type(error)) as caught:
        box.read_mesh(KEY)
    assert not isinstance(caught.value, DatasetError)


@pytest.mark.parametrize("suffix", [".obj", ".mtl", ".png"])
def test_a_disk_that_fails_fails_the_object(box: MeshFolder, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    whole = plain_files.open_file

    def opened(path: Path) -> BinaryIO:
        if path.suffix == suffix:
            raise OSError(errno.EIO, "Input/output error")
        return whole(path)

    monkeypatch.setattr(plain_files, "open_file", opened)
    with pytest.raises(OSError, match="Input/output"):
        box.read_mesh(KEY)


@pytest.mark.parametrize("error", FILE, ids=repr)
def test_a_picture_that_cannot_be_decoded_is_grey(
    box: MeshFolder, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(Image.Image, "convert", raising(error))
    (note,) = box.read_mesh(KEY).look_notes
    assert (note.reason, note.grey_faces) == ("texture not decoded: damaged", len(FACES))


def test_pictures_and_texts_of_a_data_set_follow_the_same_rule(
    box: MeshFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = PurePosixPath("thing/box/box.png")
    monkeypatch.setattr(Image.Image, "convert", raising(MemoryError()))
    with pytest.raises(MemoryError):
        read_rgba(box.root, picture)
    monkeypatch.setattr(plain_files, "open_file", raising(OSError(errno.EMFILE, "Too many open files")))
    with pytest.raises(OSError, match="Too many"):
        read_bytes(box.root, picture)

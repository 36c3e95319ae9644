"""What of a folder is an object: whatever lies there, one bad entry costs that entry alone."""

import os
from pathlib import Path

import pytest

from pipeline.datasets.file_names import id_fault
from pipeline.datasets.meshes.folder_listing import is_folder, list_folder, visible


def files_are_objects(path: Path) -> str | None:
    return None if is_folder(path) else path.stem


@pytest.mark.parametrize(
    "name", ["a b", "chair.000", "My Chair (final)", "Стул", "椅子", "é", "e\u0301", "1", "a" * 128]
)
def test_ids_of_any_script(name: str) -> None:
    assert id_fault(name) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        *[(f"a{sign}", "only letters") for sign in "/\\:*?<>|\"'$;&`=@%\n\0\x1b\u202e\udcff\u00a0"],
        *[(f"{sign}a", "begin with a letter") for sign in "._- +,("],
        ("", "begin with a letter"),
        ("a ", "end with a blank"),
        ("a.", "end with a blank"),
        ("ж" * 65, "more than 128 bytes"),
    ],
)
def test_ids_that_are_none_and_why(name: str, reason: str) -> None:
    assert reason in str(id_fault(name))


@pytest.mark.parametrize("name", [".DS_Store", "._a.obj", ".git", "__MACOSX", "Thumbs.db", "desktop.ini", "lost+found"])
def test_what_systems_leave_is_nobodys(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    (tmp_path / "a.obj").touch()
    assert [path.name for path in visible(tmp_path)] == ["a.obj"]


def test_one_bad_entry_costs_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.obj", "b.obj", "locked.obj", os.fsdecode(b"latin\xff.obj")):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe.obj")
    (tmp_path / "dangling.obj").symlink_to("nowhere")
    (tmp_path / "loop.obj").symlink_to("loop.obj")
    (tmp_path / "link.obj").symlink_to("a.obj")
    stat = Path.stat

    def locked(path: Path, **options: bool) -> os.stat_result:
        if path.name == "locked.obj":
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", locked)
    listing = list_folder(tmp_path, files_are_objects)
    assert listing.ids == ["a", "b", "link"]
    assert listing.passed_over == {
        "dangling.obj": "is a link to something that is not there",
        "latin\\udcff.obj": "is no valid id: only letters, digits, blanks and . _ - + , ( ) are allowed",
        "locked.obj": "cannot be read: Permission denied",
        "loop.obj": "cannot be read: Too many levels of symbolic links",
        "pipe.obj": "is no plain file",
    }

"""Writing repeats to the byte, whether it runs once, twice, in part or after a kill."""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.synthetic import synthesize
from pipeline.synthetic.entries import Entry, write_entries
from pipeline.synthetic.synthesize import synthesize_category


def tree(root: Path) -> dict[str, str]:
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def made(root: Path, category: str, count: int, seed: int = 0) -> list[int]:
    seen: list[int] = []
    synthesize_category(category, count, seed, root, seen.append)
    return seen


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("finished")
    assert made(root, "chair", 3) == [0, 1, 2]
    return root


def test_the_same_seed_gives_the_same_bytes(finished: Path, tmp_path: Path) -> None:
    made(tmp_path, "chair", 3)
    assert tree(tmp_path) == tree(finished)


def test_another_seed_gives_other_objects_in_the_same_root(finished: Path, tmp_path: Path) -> None:
    made(tmp_path, "chair", 3, seed=1)
    other = tree(tmp_path)
    made(tmp_path, "chair", 3, seed=0)
    assert tree(tmp_path) == tree(finished)
    obj = "ShapeNetCore.v2/03001627/madeup-chair-0001/models/model_normalized.obj"
    assert other[obj] != tree(finished)[obj]


def test_an_object_does_not_depend_on_how_many_are_made(finished: Path, tmp_path: Path) -> None:
    made(tmp_path, "chair", 2)
    few, many = tree(tmp_path), tree(finished)
    own = [path for path in few if "madeup-chair-" in path or "data_v0" in path]
    assert own
    assert all(few[path] == many[path] for path in own)
    made(tmp_path, "chair", 3)
    assert tree(tmp_path) == many


def test_complete_objects_are_not_made_again(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(finished)
    monkeypatch.setattr(synthesize, "make_object", lambda *_: pytest.fail("made again"))
    assert made(finished, "chair", 3) == [0, 1, 2]
    assert tree(finished) == before


def test_a_second_run_touches_no_file(finished: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*") if path.is_file()}
    made(finished, "chair", 3)
    assert {path: path.stat().st_mtime_ns for path in finished.rglob("*") if path.is_file()} == before


def test_a_changed_or_missing_file_is_made_again(finished: Path, tmp_path: Path) -> None:
    made(tmp_path, "chair", 3)
    (tmp_path / "ShapeNetCore.v2/03001627/madeup-chair-0001/models/model_normalized.mtl").unlink()
    (tmp_path / "PartNet/data_v0/2000002/point_sample/label-10000.txt").write_text("0\n")
    made(tmp_path, "chair", 3)
    assert tree(tmp_path) == tree(finished)


def test_categories_share_a_root(finished: Path, tmp_path: Path) -> None:
    made(tmp_path, "plane", 2)
    planes = tree(tmp_path)
    made(tmp_path, "chair", 3)
    assert tree(tmp_path) == planes | tree(finished)
    assert not list(tmp_path.glob(".partial*"))


KILLED = """
import os, signal, sys
from pathlib import Path
from pipeline.synthetic import entries, synthesize
left = int(sys.argv[2])
def replace(source, target, rename=os.replace):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    rename(source, target)
entries.os.replace = replace
synthesize.synthesize_category("chair", 3, 0, Path(sys.argv[1]), lambda _: None)
"""


@pytest.mark.parametrize("renames", [2, 12, *(pytest.param(early, marks=pytest.mark.long) for early in (0, 5))])
def test_a_killed_run_continues_to_the_same_bytes(finished: Path, tmp_path: Path, renames: int) -> None:
    """Killed -9 before the given rename: between the folders of an object, before its mark, among the shared files."""
    root = Path(__file__).resolve().parents[2]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), str(renames)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert (tmp_path / ".partial-chair").is_dir()
    made(tmp_path, "chair", 3)
    assert tree(tmp_path) == tree(finished)


def test_entries_replace_folders_as_a_whole(tmp_path: Path) -> None:
    write_entries(tmp_path, tmp_path / ".partial", [Entry("a/b", {"old": b"1", "same": b"1"}), Entry("c", {"": b"3"})])
    write_entries(tmp_path, tmp_path / ".partial", [Entry("a/b", {"deep/new": b"2", "same": b"2"})])
    found = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"a/b/deep/new": b"2", "a/b/same": b"2", "c": b"3"}


def test_nothing_is_written_for_a_category_without_generator(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not for 'boat'"):
        made(tmp_path, "boat", 1)
    assert not list(tmp_path.iterdir())

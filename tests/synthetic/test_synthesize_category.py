"""Writing repeats to the byte, whether it runs once, twice, or where a killed or smaller run left files."""

import hashlib
import os
from pathlib import Path

import pytest

from pipeline.errors import UserError
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


def test_a_second_run_touches_no_file(finished: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*") if path.is_file()}
    made(finished, "chair", 3)
    assert {path: path.stat().st_mtime_ns for path in finished.rglob("*") if path.is_file()} == before


def test_what_changed_or_is_missing_is_written_again(finished: Path, tmp_path: Path) -> None:
    made(tmp_path, "chair", 2)
    few, many = tree(tmp_path), tree(finished)
    own = [path for path in few if "madeup-chair-" in path or "data_v0" in path]
    assert own
    assert all(few[path] == many[path] for path in own), "an object does not depend on how many are made"
    (tmp_path / "ShapeNetCore.v2/03001627/madeup-chair-0001/models/model_normalized.mtl").unlink()
    (tmp_path / "PartNet/data_v0/2000000/point_sample/label-10000.txt").write_text("0\n")
    (tmp_path / "PartNet/data_v0/2000001/objs/original-1.obj").write_text("")
    made(tmp_path, "chair", 3)
    assert tree(tmp_path) == tree(finished)


@pytest.mark.parametrize("renames", [0, 2, 5, 12])
def test_a_stopped_run_continues_to_the_same_bytes(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    """Stopped before the given rename: before the mark, between the folders of an object, among the shared files."""
    whole, left = os.replace, iter(range(renames))

    def replace(source: Path, target: Path) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        whole(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            made(tmp_path, "chair", 3)
    assert list((tmp_path / ".partial-chair").iterdir())
    made(tmp_path, "chair", 3)
    assert tree(tmp_path) == tree(finished)


def test_categories_share_a_root(finished: Path, tmp_path: Path) -> None:
    made(tmp_path, "plane", 2)
    planes = tree(tmp_path)
    made(tmp_path, "chair", 3)
    assert tree(tmp_path) == planes | tree(finished)
    assert not list(tmp_path.glob(".partial*"))


def test_nothing_is_written_for_an_unknown_category(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="category 'boat' is unknown"):
        made(tmp_path, "boat", 1)
    assert not list(tmp_path.iterdir())

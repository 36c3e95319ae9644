"""What every export format keeps to, whatever it writes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

import pytest

from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.exchange.export import object_groups, write_groups
from pipeline.exchange.export_folder import RECORD, ExportFolder
from pipeline.exchange.exported_object import ExportedObject, ObjectGroup
from pipeline.exchange.exporter import Exporter
from pipeline.exchange.exporters import EXPORTERS
from tests.exchange.objects import exported_object, group_of
from tests.stages.tree import contents

SPLITS = {ObjectKey("03001627", name): split for name, split in zip("abcde", 2 * ["train"] + 3 * ["test"], strict=True)}


@pytest.fixture(params=EXPORTERS)
def exporter(request: pytest.FixtureRequest) -> Exporter:
    made = EXPORTERS[request.param]
    return replace(made, objects_together=min(2, made.objects_together))


@dataclass(frozen=True)
class Objects:
    """Objects as StoredObjects reads them. `reads` counts; at the read with the number `killed_at` it is killed."""

    rich: bool = True
    killed_at: int = -1
    reads: list[ObjectKey] = field(default_factory=list)

    def read(self, key: ObjectKey, split: str) -> ExportedObject:
        if len(self.reads) == self.killed_at:
            raise KeyboardInterrupt
        self.reads.append(key)
        return exported_object(key.id, self.rich, split)


def export(exporter: Exporter, out: Path, objects: Objects | None = None, record: str = "x") -> dict[str, str]:
    folder = ExportFolder.open(out, {"record": record})
    groups = list(object_groups("chair", SPLITS, exporter.objects_together))
    write_groups("export", groups, (objects or Objects()).read, exporter, folder)
    return contents(out)


def test_names_are_plain_and_the_last_file_comes_last(exporter: Exporter) -> None:
    objects = [exported_object(name) for name in "ab"[: exporter.objects_together]]
    group = group_of(*objects)
    names = [file for file, pieces in exporter.files(group, objects) if list(pieces)]
    assert names[-1] == exporter.last_file(group)
    assert len(set(names)) == len(names)
    assert all(not name.is_absolute() and ".." not in name.parts for name in names)


def test_the_same_objects_are_the_same_bytes(exporter: Exporter, tmp_path: Path) -> None:
    first, second = export(exporter, tmp_path / "first"), export(exporter, tmp_path / "second")
    assert first == second
    assert len(first) > 1


def test_other_arrays_are_other_bytes(exporter: Exporter) -> None:
    def written(seed: int) -> list[bytes]:
        objects = [exported_object("a", seed=seed)]
        return [b"".join(pieces) for _, pieces in exporter.files(group_of(*objects), objects)]

    assert written(0) != written(1)


@pytest.mark.parametrize("killed_at", range(5))
def test_an_export_that_is_killed_ends_with_the_same_bytes(exporter: Exporter, tmp_path: Path, killed_at: int) -> None:
    whole = export(exporter, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        export(exporter, tmp_path / "out", Objects(killed_at=killed_at))
    assert contents(tmp_path / "out").items() <= whole.items()
    again = Objects()
    assert export(exporter, tmp_path / "out", again) == whole
    # what was complete is not made again
    assert len(again.reads) <= len(SPLITS) - killed_at + exporter.objects_together - 1
    assert export(exporter, tmp_path / "out", Objects(killed_at=0)) == whole


def killed_inside(exporter: Exporter, pieces: int) -> Exporter:
    """The exporter is killed after so many pieces, in the middle of a group and of a file."""
    left = [None] * pieces

    def cut(pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            yield piece[: len(piece) // 2]
            left.pop()
            if not left:
                raise KeyboardInterrupt
            yield piece[len(piece) // 2 :]

    return replace(exporter, files=lambda *group: ((file, cut(pieces)) for file, pieces in exporter.files(*group)))


@pytest.mark.parametrize("pieces", [1, 2, 5])
def test_a_file_is_whole_or_absent(exporter: Exporter, tmp_path: Path, pieces: int) -> None:
    whole = export(exporter, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        export(killed_inside(exporter, pieces), tmp_path / "out")
    assert contents(tmp_path / "out").items() <= whole.items()
    assert export(exporter, tmp_path / "out") == whole


def test_objects_without_depth_labels_and_features(exporter: Exporter, tmp_path: Path) -> None:
    assert set(export(exporter, tmp_path / "out", Objects(rich=False))) <= set(export(exporter, tmp_path / "rich"))


def test_a_foreign_folder_is_refused(exporter: Exporter, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="is not empty: name an empty folder"):
        export(exporter, tmp_path)
    assert contents(tmp_path).keys() == {"notes.txt"}
    with pytest.raises(UserError, match="is no folder"):
        export(exporter, tmp_path / "notes.txt")
    export(exporter, tmp_path / "out")
    with pytest.raises(UserError, match="holds an export of other settings or data"):
        export(exporter, tmp_path / "out", record="y")


def test_a_folder_killed_in_its_first_moment_is_taken(exporter: Exporter, tmp_path: Path) -> None:
    (tmp_path / f".{RECORD}.partial").write_bytes(b"{")
    assert RECORD in export(exporter, tmp_path)


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b", "a\nb", ".", ""])
def test_names_become_names_of_files_only_if_they_are_plain(name: str) -> None:
    key = ObjectKey("03001627", name)
    for group in (("chair", "train", 0, (key,)), (name, "train", 0, ()), ("chair", name, 0, ())):
        with pytest.raises(UserError, match="is no valid id"):
            ObjectGroup(*group)


@pytest.mark.parametrize("file", ["../a", "/a", "a/../../b", "."])
def test_no_file_is_written_outside_of_the_folder(tmp_path: Path, file: str) -> None:
    folder = ExportFolder.open(tmp_path / "out", {})
    with pytest.raises(UserError, match="leads out of"):
        folder.write(PurePosixPath(file), [b"x"])
    assert {path.name for path in tmp_path.rglob("*")} == {"out", RECORD}


def test_nothing_is_written_through_a_link(exporter: Exporter, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    first = exporter.last_file(next(object_groups("chair", SPLITS, exporter.objects_together)))
    folder = ExportFolder.open(tmp_path / "out", {"record": "x"})
    (folder.root / first.parts[0]).symlink_to(tmp_path / "elsewhere" / "target")
    with pytest.raises(UserError, match="is a link or no plain file"):
        export(exporter, tmp_path / "out")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_groups_hold_objects_of_one_split() -> None:
    groups = [(group.split, group.number, len(group.keys)) for group in object_groups("chair", SPLITS, 2)]
    assert groups == [("train", 0, 2), ("test", 0, 2), ("test", 1, 1)]

"""`pipeline store copy`: the same bytes elsewhere, whatever interrupts it, and never a byte outside of it."""

import errno
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from pipeline.artifacts.places import KeptKind
from pipeline.cli import main
from pipeline.config.settings import Settings, load_settings
from pipeline.errors import UserError
from pipeline.manifests.manifest import MANIFESTS
from pipeline.stores.atomic_files import sha256_of, write_bytes
from pipeline.stores.checked_json import read_checked, write_checked
from pipeline.stores.store import Store
from pipeline.upkeep.copy_stores import CopySummary, copy_stores
from pipeline.upkeep.verify import verify_stores
from render.mesh_file import mesh_to_bytes
from render.prepared_mesh import prepare
from tests.render.meshes import cube
from tests.stages.tree import contents
from tests.stores.kept import LAYOUTS, ROOT, filled_store, the_store, write_projection, write_reference

HERE = Path("copied")
NOT_CONTENT = ("lock",)


def copy(
    kind: KeptKind | None = None, everything: bool = False, category: str | None = None, to: Path = HERE
) -> tuple[list[str], CopySummary]:
    lines: list[str] = []
    return lines, copy_stores("stores", load_settings().machine, to, category, kind, everything, lines.append)


def test_what_receipts_speak_of_is_there_to_the_byte(kept: Settings) -> None:
    lines, summary = copy()
    assert lines == []
    assert (summary.copied, summary.kept, summary.damaged) == (10, 0, 0)  # three stores of three, a projection
    assert contents(HERE, *NOT_CONTENT) == contents(ROOT, *NOT_CONTENT, "meshes/")
    verified = verify_stores(str(HERE), load_settings().machine, None, None, print)
    assert (verified.objects, verified.damaged) == (10, 0)


def test_a_second_copy_keeps_what_is_sound_and_repairs_the_rest(kept: Settings) -> None:
    copy()
    written = {path: path.stat().st_mtime_ns for path in HERE.rglob("done/*.json")}
    assert (copy()[1].copied, copy()[1].kept) == (0, 10)
    assert {path: path.stat().st_mtime_ns for path in HERE.rglob("done/*.json")} == written
    store = the_store("views", HERE)
    (store.path / "arrays.zarr" / store.chunk_file("depth", 0)).write_bytes(b"x")
    store.marker_path(1).write_text("{}")
    (store.path / "about.json").write_text("{}")
    (store.path / "arrays.zarr" / "zarr.json").unlink()
    next(HERE.glob("projections/*/*/*/projection.safetensors")).write_bytes(b"x")
    assert copy()[1].copied == 3
    assert contents(HERE, *NOT_CONTENT) == contents(ROOT, *NOT_CONTENT, "meshes/")


def test_new_objects_come_with_the_next_copy(kept: Settings) -> None:
    copy()
    write_reference(filled_store(ROOT, "views", ("a", "b", "c", "d")), "render", "plane", ("a", "b", "c", "d"))
    assert copy("views")[1].copied == 1
    assert contents(HERE / "views", *NOT_CONTENT) == contents(ROOT / "views", *NOT_CONTENT)


def test_what_the_destination_has_beyond_stays(kept: Settings) -> None:
    theirs = filled_store(HERE, "views", ("a", "b", "c", "d"))
    before = contents(HERE, *NOT_CONTENT)
    assert copy("views")[1].kept == 3
    assert contents(HERE, *NOT_CONTENT) == before
    assert len(theirs.table()) == 4


def test_other_rows_at_the_destination_are_refused(kept: Settings) -> None:
    filled_store(HERE, "views", ("b", "a"))
    before = contents(HERE, *NOT_CONTENT)
    with pytest.raises(UserError, match=r"table.json has other objects in its rows than .*: move"):
        copy("views")
    assert contents(HERE, *NOT_CONTENT) == before


def test_one_kind_one_category_or_all(kept: Settings) -> None:
    filled_store(ROOT, "views", ("a",), category="chair")
    write_projection(seed=1, receipt=False)
    assert copy("labels")[1].copied == 3
    assert [path.name for path in HERE.iterdir()] == ["labels"]
    assert copy(category="plane")[1].copied == 7
    with pytest.raises(UserError, match="no receipt names any; --all copies every one"):
        copy(category="chair")
    assert copy(everything=True)[1].copied == 2
    assert contents(HERE, *NOT_CONTENT) == contents(ROOT, *NOT_CONTENT, "meshes/")


def test_meshes_are_a_kind_of_their_own(kept: Settings) -> None:
    with pytest.raises(UserError, match="none that a manifest names"):
        copy("meshes")
    assert not MANIFESTS.exists()
    assert copy("meshes", everything=True)[1].copied == 1
    assert copy("meshes", everything=True)[1].kept == 1
    assert contents(HERE) == {f"meshes/{name}": sha for name, sha in contents(ROOT / "meshes").items()}


@pytest.mark.parametrize("kind", ["views", "maps"])
def test_what_is_damaged_is_not_copied(kept: Settings, kind: KeptKind) -> None:
    store = the_store(kind)
    chunk = store.path / "arrays.zarr" / store.chunk_file(next(iter(store.specs)), 0)
    chunk.write_bytes(chunk.read_bytes()[:-1])
    store.marker_path(1).write_text("{}")
    lines, summary = copy(kind)
    assert (summary.copied, summary.damaged) == (1, 2)
    assert lines == [
        f"damaged: {chunk} of 02691156/a is damaged: run `pipeline store verify`.",
        f"damaged: {store.marker_path(1)} is damaged: run `pipeline store verify`.",
    ]
    assert [path.name for path in sorted(HERE.rglob("done/*.json"))] == ["2.json"]


@pytest.mark.parametrize("link", ["views", "views/plane", "done", "arrays.zarr/rgba/c/0", "done/.0.json.partial"])
def test_nothing_is_written_through_a_link(kept: Settings, tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = HERE if link.startswith("views") else HERE / the_store("views").path.relative_to(ROOT)
    place = folder / link
    place.parent.mkdir(parents=True)
    place.symlink_to(outside / "file" if link.endswith("partial") else outside)
    with pytest.raises(UserError, match="is a link or no plain file, and nothing is read or written through one"):
        copy("views")
    assert not list(outside.iterdir())


def test_the_destination_is_elsewhere(kept: Settings) -> None:
    for wrong in (ROOT, ROOT / "views" / "copy", Path("stores/../stores")):
        with pytest.raises(UserError, match=r"lies in storage.root"):
            copy(to=wrong)
    Path("file").write_text("")
    with pytest.raises(UserError, match="is no folder"):
        copy(to=Path("file"))


def test_a_receipt_without_its_store_stops_the_copy(kept: Settings) -> None:
    shutil.rmtree(ROOT / "labels")
    with pytest.raises(UserError, match=r"receipts/label/plane.json names labels/plane/.*, which is not in stores"):
        copy()
    assert not HERE.exists()


def test_a_full_disk_stops_it_in_one_sentence_and_with_room_it_completes(kept: Settings) -> None:
    whole, written = os.fsync, 0

    def full(file: int) -> None:
        nonlocal written
        written += 1
        if written > 58:  # the files that the objects of the three stores share, and some of the objects
            raise OSError(errno.ENOSPC, "No space left on device")
        whole(file)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", full)
        result = CliRunner().invoke(main, ["store", "copy", str(HERE)])
    assert result.exit_code == 2
    assert "error: No space left on device: copied/views/plane/" in result.stderr
    assert "Traceback" not in result.stderr
    assert verify_stores(str(HERE), load_settings().machine, None, "views", print).unfinished <= 1
    assert copy()[1].damaged == 0
    assert contents(HERE, *NOT_CONTENT) == contents(ROOT, *NOT_CONTENT, "meshes/")


def test_a_row_has_a_split_at_the_destination_only_when_it_is_there(kept: Settings) -> None:
    """The split comes last: with the copied rows, and not for one that the source has lost."""
    source = the_store("labels")
    (source.path / "done" / "1.json").unlink()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.upkeep.copy_stores.copy_row_facts", killed)
        CliRunner().invoke(main, ["store", "copy", str(HERE), "--kind", "labels"])
    assert [facts.split for facts in the_store("labels", HERE).row_facts()] == ["", "", ""]
    copy(kind="labels")
    assert [facts.split for facts in the_store("labels", HERE).row_facts()] == ["train", "", "train"]


# --- kills

OBJECTS = 60


def copy_command() -> list[str]:
    return [sys.executable, "-m", "pipeline.cli", "store", "copy", str(HERE), "--set", "machine.workers=2"]


def markers_here() -> list[Path]:
    return list(HERE.rglob("done/[0-9]*.json"))


def kill_when_copied(objects: int) -> None:
    """By progress, not by the clock: how long starting takes depends on what else the machine does."""
    process = subprocess.Popen(copy_command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(markers_here()) < objects and process.poll() is None:
        time.sleep(0.001)
    process.kill()
    process.wait()


@pytest.mark.parametrize("rounds", [1, pytest.param(6, marks=pytest.mark.long)])
def test_a_copy_that_is_killed_again_and_again_ends_with_the_same_bytes(kept: Settings, rounds: int) -> None:
    names = [f"{number:03d}" for number in range(OBJECTS)]
    assert set(LAYOUTS) == {"views", "labels", "maps"}
    views = filled_store(ROOT, "views", names, seed=1)
    write_reference(views, "render", "plane", names)
    subprocess.run(copy_command(), check=True, capture_output=True)
    undisturbed = contents(HERE, *NOT_CONTENT)
    assert any(views.fingerprint in name for name in undisturbed)
    every = len(markers_here())
    assert every > OBJECTS

    rng = random.Random("killed copies")  # noqa: S311  # moments, not secrets
    reached = []
    for _ in range(rounds):
        shutil.rmtree(HERE)
        for copied in sorted(rng.sample(range(1, OBJECTS), 2)):
            kill_when_copied(copied)
            markers = markers_here()
            reached.append(len(markers))
            for marker in markers:
                arrays = marker.parents[1] / "arrays.zarr"
                assert all((arrays / file).exists() for file in json.loads(marker.read_text())["files"])
        subprocess.run(copy_command(), check=True, capture_output=True)
        assert contents(HERE, *NOT_CONTENT, ".partial") == undisturbed
        assert not list(HERE.rglob("*.partial"))
    assert any(0 < count < every for count in reached), f"no kill hit a copy at work: {reached}"
    verified = verify_stores(str(HERE), load_settings().machine, None, None, print)
    assert verified.damaged == verified.unfinished == 0


def test_processes_copy_the_same(kept: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.upkeep.copy_stores.PROCESSES_FROM", 2)
    settings = load_settings(overrides=("machine.workers=2",))
    assert copy_stores(settings.storage.root, settings.machine, HERE, None, None, False, print).copied == 10
    assert contents(HERE, *NOT_CONTENT) == contents(ROOT, *NOT_CONTENT, "meshes/")
    read = the_store("views", HERE).read("depth", 2)
    np.testing.assert_array_equal(read, the_store("views").read("depth", 2))


def test_what_arrives_otherwise_than_it_left_is_named_and_copied_again(kept: Settings) -> None:
    truth = Store.adopt

    def faulty(store: Store, row: int, files: Mapping[str, bytes], marker: bytes) -> None:
        truth(store, row, {name: data[:-1] for name, data in files.items()}, marker)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "adopt", faulty)
        lines, summary = copy("views")
    assert (summary.copied, summary.refused) == (0, 3)
    assert all("changed meanwhile: copy again" in line for line in lines)
    assert copy("views")[1].copied == 3


def test_a_damaged_source_is_named_although_its_copy_is_intact(kept: Settings) -> None:
    assert copy("views")[1].copied == 3
    store = the_store("views")
    (store.arrays / store.chunk_file("depth", 1)).write_bytes(b"x")
    lines, summary = copy("views")
    assert (summary.kept, summary.damaged, len(lines)) == (2, 1, 1)


def test_sound_bytes_of_another_content_are_left(kept: Settings) -> None:
    copy()
    store = the_store("views", HERE)
    entry = store.table()[1]
    arrays = {name: store.read(name, 1).copy() for name in store.specs}
    arrays["depth"].flat[0] += 1
    store.write(entry, 1, arrays, {})
    (record,) = HERE.glob("projections/*/*/*/projection.json")
    (record.parent / "projection.safetensors").write_bytes(b"another fit")
    changed = {**read_checked(record), "sha256": sha256_of(record.parent / "projection.safetensors")}
    write_checked(record, changed)
    before = contents(HERE)
    lines, summary = copy()
    assert (summary.copied, summary.refused, summary.damaged) == (0, 2, 0)
    assert all(line.startswith("not written: ") for line in lines)
    assert contents(HERE) == before


@pytest.mark.parametrize("file", ["about.json", "table.json", "arrays.zarr/depth/zarr.json"])
def test_a_damaged_store_is_named_and_the_others_are_copied(kept: Settings, file: str) -> None:
    path = the_store("views").path / file
    path.write_text("{}")
    lines, summary = copy(everything=True)
    assert (summary.copied, summary.damaged, summary.refused) == (7, 1, 0)
    assert [line.startswith(f"damaged: {path} is damaged") for line in lines] == [True]
    assert CliRunner().invoke(main, ["store", "copy", str(HERE), "--all"]).exit_code == 1


def test_what_cannot_be_written_is_no_damage_of_the_source(kept: Settings) -> None:
    copy()
    store = the_store("labels", HERE)
    marker = store.marker_path(1)
    marker.unlink()
    marker.mkdir()
    lines, summary = copy()
    assert (summary.damaged, summary.refused) == (0, 1)
    assert lines == [f"not written: {marker}: Is a directory."]


def test_failures_of_the_destination_stay(kept: Settings) -> None:
    (the_store("views").path / "failures.jsonl").write_text("ours")
    (the_store("labels").path / "failures.jsonl").write_text("new")
    theirs = filled_store(HERE, "views", ("a",)).path / "failures.jsonl"
    theirs.write_text("theirs")
    copy()
    assert theirs.read_text() == "theirs"
    assert (the_store("labels", HERE).path / "failures.jsonl").read_text() == "new"


def test_a_sound_mesh_of_other_content_is_left_and_a_damaged_one_replaced(kept: Settings) -> None:
    (source,) = ROOT.glob("meshes/*/*")
    other = mesh_to_bytes(prepare(cube(0.3), np.eye(4)))
    target = HERE / source.relative_to(ROOT)
    write_bytes(target, other)
    assert copy("meshes", everything=True)[1].refused == 1
    assert target.read_bytes() == other
    target.write_bytes(other[:-1])
    assert copy("meshes", everything=True)[1].copied == 1

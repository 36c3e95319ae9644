"""`pipeline store gc`: lists what nothing needs, removes it whole, and lets everything else be."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.atomic_files import write_bytes
from pipeline.errors import UserError
from pipeline.receipts import RECEIPTS, receipt_path
from pipeline.settings import Settings, load_settings
from pipeline.stages.collect_garbage import UNDER_WAY, Kind, collect_garbage, findings
from pipeline.stages.in_use import InUse
from pipeline.stores.places import find_places
from pipeline.stores.references import references
from pipeline.stores.removal import leftovers, remove_folder, remove_leftover
from tests.stages.tree import contents
from tests.stores.kept import ROOT, filled_store, the_store, write_projection

LONG_AGO = 1_700_000_000.0


def use(**folders: str) -> InUse:
    """What the receipts name, and the one mesh."""
    paths = {reference.place.below(ROOT) for reference in references()} | set((ROOT / "meshes").rglob("*.safetensors"))
    return InUse(frozenset(paths), {ROOT / folder.replace("_", "/"): reason for folder, reason in folders.items()})


def found(kind: Kind | None = None, needed: InUse | None = None) -> dict[str, set[str]]:
    """The paths of each verdict, relative to the root."""
    said: dict[str, set[str]] = {}
    for finding in findings(ROOT, needed or use(), kind):
        said.setdefault(finding.verdict, set()).add(finding.path.relative_to(ROOT).as_posix())
    return said


@contextmanager
def held(path: Path) -> Iterator[None]:
    """A process is at this file. (Locks of one process exclude each other, too, if it has opened the file twice.)"""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_nothing_in_use_is_listed(kept: Settings) -> None:
    assert found() == {}


def test_what_no_receipt_names_is_unused(kept: Settings) -> None:
    needed = use()
    old = filled_store(ROOT, "views", ("a",), seed=1)
    maps = filled_store(ROOT, "maps", ("a",), views=old.fingerprint)
    projection = write_projection(seed=1, receipt=False)
    mesh = ROOT / "meshes" / "plane" / f"b-{'1' * 16}.safetensors"
    write_bytes(mesh, b"x")
    expected = {relative(path) for path in (old.path, maps.path, projection, mesh)}
    assert found(needed=needed) == {"unused": expected}
    assert found("maps", needed) == {"unused": {relative(maps.path)}}


def test_the_line_says_how_large_and_how_old(kept: Settings) -> None:
    mesh = ROOT / "meshes" / "plane" / f"b-{'1' * 16}.safetensors"
    needed = use()
    write_bytes(mesh, bytes(2_500_000))
    os.utime(mesh, (LONG_AGO, LONG_AGO))
    (finding,) = findings(ROOT, needed, None)
    assert (finding.bytes, finding.written) == (2_500_000, LONG_AGO)
    assert str(finding) == f"unused    2023-11-14   2.5 MB  {mesh}"


def test_where_a_receipt_is_missing_everything_stays(kept: Settings) -> None:
    old = filled_store(ROOT, "views", ("a",), seed=1)
    assert found(needed=use(views_plane="under way")) == {"kept": {relative(old.path)}}


def test_a_store_that_a_process_writes_to_stays(kept: Settings) -> None:
    old = filled_store(ROOT, "views", ("a",), seed=1)
    with held(old.path / "done" / ".0.lock"):
        assert found() == {"kept": {relative(old.path)}}
    assert found() == {"unused": {relative(old.path)}}


def test_a_run_that_was_written_to_lately_stays(kept: Settings) -> None:
    run = ROOT / "runs" / "plane-daisy" / ("2" * 16)
    write_bytes(run / "step-00000010" / "state.safetensors", b"x")
    assert found() == {"kept": {relative(run)}}
    before = (run / "step-00000010" / "state.safetensors").stat().st_mtime - UNDER_WAY - 60
    os.utime(run / "step-00000010" / "state.safetensors", (before, before))
    assert found() == {"unused": {relative(run)}}


@pytest.mark.parametrize(
    "path",
    [
        "notes.txt",
        "backup/views/plane/file",
        "views/notes.txt",
        "views/plane/by hand/file",
        "views/plane/0123456789abcdef/file",  # named like a store, and none
        "projections/daisy/plane/0123456789abcdef/file",
        "maps/daisy/notes.txt",
        "meshes/plane/of my own.obj",
        "runs/plane-daisy/0123456789abcdef/weights.pt",
        "made-up/0123456789abcdef/file",
        "made-up/of my own/made/file",
    ],
)
def test_what_no_stage_makes_is_unknown_and_left(kept: Settings, path: str) -> None:
    (RECEIPTS / "synthesize").mkdir(parents=True)
    write_bytes(ROOT / path, b"mine")
    said = found()
    assert set(said) == {"unknown"}
    (name,) = said["unknown"]
    assert path == name or path.startswith(f"{name}/")
    collect_garbage(load_settings(), None, True, lambda _: None)
    assert (ROOT / path).read_bytes() == b"mine"


def test_a_store_whose_about_is_damaged_is_unknown(kept: Settings) -> None:
    old = filled_store(ROOT, "views", ("a",), seed=1)
    (old.path / "about.json").write_text("{}")
    assert found() == {"unknown": {relative(old.path)}}


def test_links_are_left(kept: Settings, tmp_path: Path) -> None:
    old = filled_store(tmp_path / "elsewhere", "views", ("a",), seed=1)
    (ROOT / "views" / "plane" / old.fingerprint).symlink_to(old.path.resolve())
    assert found() == {"unknown": {f"views/plane/{old.fingerprint}"}}


def test_leftovers_of_killed_writers(kept: Settings) -> None:
    store = the_store("views")
    chunks = (store.path / "arrays.zarr" / store.chunk_file("rgba", 0)).parent
    left = [
        store.path / ".table.json.partial",
        store.path / "done" / ".0.json.partial",
        store.path / "done" / ".7.lock",
        store.path / "arrays.zarr" / "zarr.0123abcd.partial",
        chunks / "0.0123abcd.partial",
        chunks / ".0.partial",
        ROOT / "meshes" / "plane" / ".a.safetensors.partial",
    ]
    for path in left:
        path.write_bytes(b"half")
    assert found() == {"leftover": {relative(path) for path in left}}
    assert found("meshes") == {"leftover": {relative(left[-1])}}


def test_what_a_living_writer_has_is_no_leftover(kept: Settings) -> None:
    store = the_store("views")
    chunk = (store.path / "arrays.zarr" / store.chunk_file("rgba", 0)).with_name("0.0123abcd.partial")
    metadata = store.path / "arrays.zarr" / "rgba" / "zarr.0123abcd.partial"
    partial = store.path / "done" / ".0.json.partial"
    for path in (chunk, metadata, partial):
        path.write_bytes(b"half")
    with held(store.path / "done" / ".0.lock"), held(partial):
        assert set(leftovers(ROOT)) == {metadata}
        assert not remove_leftover(partial)
    with store.locked():
        assert metadata not in set(leftovers(ROOT))
    assert remove_leftover(partial) and not partial.exists()


def test_without_delete_nothing_is_touched(kept: Settings) -> None:
    filled_store(ROOT, "views", ("a",), seed=1)
    (ROOT / "views" / "plane" / ".x.partial").write_bytes(b"half")
    before = contents(Path())
    collect_garbage(load_settings(), None, False, lambda _: None)
    assert contents(Path()) == before


def test_a_killed_removal_is_a_leftover_and_never_a_store(kept: Settings) -> None:
    old = filled_store(ROOT, "views", ("a", "b"), seed=1)
    before = find_places(ROOT, ("views",))

    def killed(folder: Path, **_: object) -> None:
        if folder.exists():
            next(folder.rglob("zarr.json")).unlink()
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            remove_folder(old.path)
    assert [place for place in before if place not in find_places(ROOT, ("views",))] != []
    assert found() == {"leftover": {f"views/plane/.{old.fingerprint}.deleted"}}
    filled_store(ROOT, "views", ("a",), seed=1)  # made anew meanwhile, and unused again
    remove_folder(old.path)
    assert found() == {}


def test_without_any_receipt_nothing_is_removed(kept: Settings) -> None:
    for kind in ("render", "label", "cache-teachers", "fit-projection"):
        shutil.rmtree(RECEIPTS / kind)
    with pytest.raises(UserError, match="holds no receipt, so all would count as unused"):
        collect_garbage(load_settings(), None, True, print)


def test_a_damaged_receipt_stops_it(kept: Settings) -> None:
    receipt_path("render", "plane").write_text("{")
    with pytest.raises(UserError, match=r"receipts/render/plane.json is damaged"):
        collect_garbage(load_settings(), None, True, print)


def test_what_is_unused_is_removed_and_counted(kept: Settings) -> None:
    store = filled_store(ROOT, "views", ("a",), category="chair")  # params.yaml names planes alone
    partial = the_store("views").path / ".table.json.partial"
    partial.write_bytes(b"half")
    sizes = sum(path.stat().st_size for path in store.path.rglob("*") if path.is_file()) + 4
    before = contents(ROOT)
    said: list[str] = []
    assert collect_garbage(load_settings(), "views", True, said.append) == (2, sizes)
    assert contents(ROOT) == {
        name: sha for name, sha in before.items() if "/chair/" not in name and not name.endswith(".partial")
    }
    assert [line.split()[0] for line in said] == ["unused", "leftover"]

"""`pipeline store gc`: lists what nothing needs, removes it whole, and lets everything else be."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from pipeline.artifacts.places import find_places
from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import RECEIPTS, receipt_path
from pipeline.artifacts.references import references
from pipeline.config.settings import Settings, load_settings
from pipeline.errors import UserError
from pipeline.manifests.manifest import MANIFESTS, Manifest, manifest_path, write_manifest
from pipeline.manifests.pairs import Pairs
from pipeline.manifests.sources import made_up_folder
from pipeline.stores.atomic_files import held_folder, write_bytes
from pipeline.upkeep.collect_garbage import UNDER_WAY, Kind, collect_garbage, findings
from pipeline.upkeep.in_use import InUse, in_use
from pipeline.upkeep.removal import leftovers, remove_file, remove_folder
from tests.stages.tree import contents
from tests.stores.kept import ROOT, filled_store, the_store, write_projection, write_reference

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


def collect(kind: Kind | None = None, delete: bool = True) -> tuple[tuple[int, int], list[str]]:
    """How much is removed, and what is said."""
    said: list[str] = []
    return collect_garbage(Project(load_settings()), kind, delete, said.append), said


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_nothing_in_use_is_listed(kept: Settings) -> None:
    assert found() == {}


def test_what_no_receipt_names_is_unused_and_without_delete_nothing_is_touched(kept: Settings) -> None:
    needed = use()
    old = filled_store(ROOT, "views", ("a",), seed=1)
    maps = filled_store(ROOT, "maps", ("a",), views=old.fingerprint)
    projection = write_projection(seed=1, receipt=False)
    mesh = ROOT / "meshes" / "plane" / f"b-{'1' * 16}.safetensors"
    write_bytes(mesh, bytes(2_500_000))
    os.utime(mesh, (LONG_AGO, LONG_AGO))
    before = contents(Path())
    expected = {relative(path) for path in (old.path, maps.path, projection, mesh)}
    assert found(needed=needed) == {"unused": expected}
    assert found("maps", needed) == {"unused": {relative(maps.path)}}
    (finding,) = findings(ROOT, needed, "meshes")
    assert (finding.bytes, finding.written) == (2_500_000, LONG_AGO)
    assert str(finding) == f"unused    2023-11-14   2.5 MB  {mesh}"
    collect(delete=False)
    assert contents(Path()) == before


def test_where_a_receipt_is_missing_everything_stays(kept: Settings) -> None:
    old = filled_store(ROOT, "views", ("a",), seed=1)
    assert found(needed=use(views_plane="under way")) == {"kept": {relative(old.path)}}


def test_what_a_process_writes_to_stays(kept: Settings) -> None:
    old, fitted = filled_store(ROOT, "views", ("a",), seed=1), write_projection(seed=1, receipt=False)
    with held(old.path / "done" / ".0.lock"), held_folder(fitted):
        assert found() == {"kept": {relative(old.path), relative(fitted)}}
    assert found() == {"unused": {relative(old.path), relative(fitted)}}


def test_a_run_that_was_written_to_lately_stays(kept: Settings) -> None:
    run = ROOT / "runs" / "plane-daisy-whole" / ("2" * 16)
    state = run / "step-00000010" / "state.safetensors"
    write_bytes(state, b"x")
    assert found() == {"kept": {relative(run)}}
    before = state.stat().st_mtime - UNDER_WAY - 60
    os.utime(state, (before, before))
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
        "runs/plane-daisy-whole/0123456789abcdef/weights.pt",
        "made-up/0123456789abcdef/file",
        "made-up/of my own/made/file",
        "views/plane/by hand/.notes.partial",
        "views/.notes.partial",
        "backup/.notes.partial",
        "meshes/plane/.notes.partial",
        "projections/daisy/plane/0123456789abcdef/.notes.partial",
    ],
)
def test_what_no_stage_makes_is_unknown_and_left(kept: Settings, path: str) -> None:
    (RECEIPTS / "synthesize").mkdir(parents=True)
    write_bytes(ROOT / path, b"mine")
    said = found()
    assert set(said) == {"unknown"}
    (name,) = said["unknown"]
    assert path == name or path.startswith(f"{name}/")
    collect()
    assert (ROOT / path).read_bytes() == b"mine"


def test_a_store_whose_about_is_damaged_is_unknown(kept: Settings) -> None:
    old = filled_store(ROOT, "views", ("a",), seed=1)
    (old.path / "about.json").write_text("{}")
    assert found() == {"unknown": {relative(old.path)}}


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
        ROOT / "meshes" / "plane" / f".a-{'0' * 16}.safetensors.partial",
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
        assert not remove_file(partial)
    with store.locked():
        assert metadata not in set(leftovers(ROOT))
    assert remove_file(partial) and not partial.exists()


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


def test_without_receipts_or_with_a_damaged_one_nothing_is_removed(kept: Settings) -> None:
    receipt_path("render", "plane").write_text("{")
    with pytest.raises(UserError, match=r"receipts/render/plane.json is damaged"):
        collect()
    for kind in ("render", "label", "cache-teachers", "fit-projection"):
        shutil.rmtree(RECEIPTS / kind)
    with pytest.raises(UserError, match="holds no receipt, so all would count as unused"):
        collect()


def test_what_is_unused_is_removed_and_counted(kept: Settings) -> None:
    store = filled_store(ROOT, "views", ("a",), category="chair")  # params.yaml names planes alone
    needed = filled_store(ROOT, "views", ("a",), category="chair", seed=1)
    write_reference(needed, "render", "chair", ("a",))
    partial = the_store("views").path / ".table.json.partial"
    partial.write_bytes(b"half")
    sizes = sum(path.stat().st_size for path in store.path.rglob("*") if path.is_file()) + 4
    before = contents(ROOT)
    removed, said = collect("views")
    assert removed == (2, sizes)
    gone = (relative(store.path), relative(partial))
    assert contents(ROOT) == {name: sha for name, sha in before.items() if not name.startswith(gone)}
    assert sorted(line.split()[0] for line in said) == ["leftover", "unused"]


def test_a_store_that_a_command_fills_or_takes_up_after_it_was_listed_stays(kept: Settings) -> None:
    """No row is being written to: the command verifies, or makes an object."""
    store = filled_store(ROOT, "views", ("a",), seed=1)
    with store.in_use():
        (finding,) = findings(ROOT, use(), "views")
        assert (finding.verdict, finding.path, finding.reason) == ("kept", store.path, "in use by a running command")
    said: list[str] = []
    with ExitStack() as commands:

        def tell(line: str) -> None:
            said.append(line)
            if line.startswith("unused"):
                commands.enter_context(store.in_use())

        assert collect_garbage(Project(load_settings()), "views", True, tell) == (0, 0)
    assert said[1:] == [f"  left: {store.path}: in use by a running command"]
    assert store.marker_path(0).exists()
    assert collect("views")[0][0] == 1
    assert not store.path.exists()


def test_a_category_that_params_yaml_does_not_name_stays_without_its_receipt(kept: Settings) -> None:
    """A stage with `--set` or other settings is at it, or has been killed: it removes its receipt first."""
    filled_store(ROOT, "views", ("a",), category="chair")
    filled_store(ROOT, "maps", ("a",), category="chair", teacher="sift")
    before = contents(ROOT)
    assert collect()[0] == (0, 0)
    assert contents(ROOT) == before
    reasons = in_use(Project(load_settings())).folders
    assert reasons[ROOT / "views" / "chair"] == (
        "receipts/render/chair.json is missing, so `pipeline render --category chair` may be under way"
    )
    assert "receipts/cache-teachers/chair-sift.json is missing" in reasons[ROOT / "maps" / "sift" / "chair"]


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("projections/daisy/alias", "plane"),
        ("maps/alias", "daisy"),
        ("meshes/alias", "plane"),
        ("views/alias", "plane"),
        ("runs/alias", "plane-daisy-whole"),
        (f"views/plane/.{'0' * 16}.deleted", "../../labels/plane"),
        ("views/.x.deleted", "plane"),
        (f"views/plane/{'1' * 16}", "../../labels/plane"),
    ],
)
def test_no_link_is_followed(kept: Settings, link: str, target: str) -> None:
    write_bytes(ROOT / "runs" / "plane-daisy-whole" / ("2" * 16) / "step-00000010" / "state", b"x")
    os.utime(ROOT / "runs" / "plane-daisy-whole" / ("2" * 16) / "step-00000010" / "state", (LONG_AGO, LONG_AGO))
    (ROOT / link).symlink_to(target)
    before = contents(ROOT)
    needed = InUse(use().paths | {ROOT / "runs" / "plane-daisy-whole" / ("2" * 16)}, {})
    assert found(needed=needed) == {"unknown": {link}}
    collect()
    assert contents(ROOT) == before and (ROOT / link).is_symlink()


def test_a_link_where_a_folder_is_to_be_renamed_to(kept: Settings) -> None:
    old = filled_store(ROOT, "views", ("a",), seed=1)
    (old.path.with_name(f".{old.fingerprint}.deleted")).symlink_to("elsewhere")
    removed, said = collect("views")
    assert removed == (0, 0)
    assert old.path.is_dir() and any(line.endswith(".deleted is in the way") for line in said)


@pytest.mark.parametrize("name", ["notes.partial", "notes.draft.partial", "notes.0123abcd.partial"])
def test_within_a_store_a_partial_file_of_another_name_is_left(kept: Settings, name: str) -> None:
    (the_store("views").path / name).write_bytes(b"mine")
    assert found() == {}


@pytest.mark.parametrize("drawn", [{"objects": 4, "seed": 3}, {"objects": 4, "seed": 3, "style": "old"}])
def test_made_up_objects_of_other_settings_are_in_use(kept: Settings, drawn: dict[str, object]) -> None:
    """Also of settings that there are no more."""
    write_manifest(manifest_of(drawn), manifest_path("chair"))
    path = made_up_folder(ROOT, drawn)
    assert path in in_use(Project(load_settings())).paths


def test_made_up_objects_stay_where_a_manifest_does_not_say_which(kept: Settings) -> None:
    write_bytes(ROOT / "made-up" / ("3" * 16) / "made" / "plane.json", b"{}")
    write_manifest(manifest_of("four"), manifest_path("chair"))
    removed, said = collect("made-up")
    assert removed == (0, 0)
    assert said[0].startswith("kept") and "does not say which made-up objects it is of" in said[0]


def manifest_of(drawn: object) -> Manifest:
    MANIFESTS.mkdir(exist_ok=True)
    made_with = {"source": {"kind": "made-up", "synthesize": drawn}}
    return Manifest("chair", "03001627", made_with, (), (), Pairs((), (), {}), {})

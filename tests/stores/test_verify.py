"""`pipeline store verify`: no byte changes unnoticed, and what is merely unfinished is no damage."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.artifacts.places import KeptKind
from pipeline.artifacts.receipts import receipt_path
from pipeline.config.settings import Settings, load_settings
from pipeline.errors import UserError
from pipeline.stores.atomic_files import locked_file, write_bytes
from pipeline.upkeep.verify import Verified, verify_stores
from tests.stores.kept import ROOT, filled_store, the_store

UNREAD = ("lock", "in-use.lock", "failures.jsonl")  # hold no content


def verify(kind: KeptKind | None = None, category: str | None = None) -> tuple[list[str], Verified]:
    lines: list[str] = []
    verified = verify_stores("stores", load_settings().machine, category, kind, lines.append)
    assert verified.damaged == len(lines)
    return lines, verified


def kept_files() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*") if path.is_file() and path.name not in UNREAD)


def flipped(data: bytes, place: int, mask: int) -> bytes:
    return data[:place] + bytes([data[place] ^ mask]) + data[place + 1 :]


def test_what_was_written_is_sound(kept: Settings) -> None:
    lines, verified = verify()
    assert lines == []
    # three stores of three objects, a mesh, a projection
    assert (verified.places, verified.objects, verified.unfinished) == (4, 11, 0)
    assert "all intact" in str(verified)


def test_every_flipped_byte_of_sixty_is_found(kept: Settings) -> None:
    """Each kind of file gets its share: places are drawn file by file, or chunks would get nearly all."""
    rng = np.random.default_rng(0)
    files = kept_files()
    names = {path.suffix and path.name if not path.name.isdecimal() else "chunk" for path in files}
    assert {"about.json", "table.json", "zarr.json", "0.json", "chunk", "projection.json"} < names
    for number in range(60):
        path = files[number % len(files)]
        good = path.read_bytes()
        place, mask = int(rng.integers(len(good))), int(rng.integers(1, 256))
        path.write_bytes(flipped(good, place, mask))
        lines, _ = verify()
        assert lines, f"{path}: byte {place} ^ {mask}"
        assert any(str(path) in line for line in lines), f"{path}: {lines}"
        path.write_bytes(good)
    assert verify()[0] == []


@pytest.mark.parametrize("kind", ["views", "maps", "labels", "meshes", "projections"])
def test_every_file_that_is_cut_short_or_missing_is_found(kept: Settings, kind: KeptKind) -> None:
    for path in kept_files():
        if path.relative_to(ROOT).parts[0] != kind:
            continue
        good = path.read_bytes()
        path.write_bytes(good[:-1])
        assert verify(kind)[0], path
        path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
        assert verify(kind)[0], path
        path.unlink()
        if kind != "meshes":  # of a mesh that is gone nothing speaks
            assert verify(kind)[0], path
        path.write_bytes(good)
    assert verify(kind)[0] == []


def test_the_remedy_is_the_command_that_makes_it_again(kept: Settings) -> None:
    store = the_store("maps")
    path = store.path / "arrays.zarr" / store.chunk_file("feature", 1)
    path.write_bytes(b"")
    command = "pipeline cache-teachers --category plane --teacher daisy"
    assert verify()[0] == [f"damaged: {path} of 02691156/b is damaged: run `{command}`, which makes it again."]
    receipt_path("cache-teachers", "plane-daisy").unlink()
    marker = store.marker_path(1)
    assert verify()[0] == [
        f"damaged: {path} of 02691156/b is damaged: no run of this project uses it, so remove {marker}."
    ]


def test_an_unfinished_object_is_no_damage(kept: Settings) -> None:
    receipt_path("label", "plane").unlink()  # as the stage does before it writes
    the_store("labels").marker_path(1).unlink()
    lines, verified = verify()
    assert lines == []
    assert verified.unfinished == 1
    assert "1 unfinished, which no stage reads" in str(verified)


def test_an_object_that_a_receipt_speaks_of_must_be_there(kept: Settings) -> None:
    store = the_store("labels")
    store.marker_path(1).unlink()
    receipt = receipt_path("label", "plane")
    (line,) = verify("labels")[0]
    assert line.startswith(f"damaged: {receipt} names 1 objects that labels/plane/{store.fingerprint} does not")
    assert "contain, the first 02691156/b: run `pipeline label --category plane`" in line


def test_an_object_of_another_content_is_not_what_the_receipt_speaks_of(kept: Settings) -> None:
    store = the_store("views")
    entry = store.table()[0]
    arrays = {name: store.read(name, 0) for name in store.specs}
    store.write(entry, 0, {**arrays, "pose": arrays["pose"] + 1}, {})
    (line,) = verify("views")[0]
    assert f"{receipt_path('render', 'plane')} names 1 objects" in line


def test_a_marker_in_another_row_is_damage(kept: Settings) -> None:
    store = the_store("views")
    write_bytes(store.marker_path(2), store.marker_path(0).read_bytes())
    lines = verify("views")[0]
    assert any(str(store.marker_path(2)) in line for line in lines)


def test_a_store_under_another_name_is_damage(kept: Settings) -> None:
    store = the_store("views")
    other = store.path.with_name("0" * 16)
    store.path.rename(other)
    lines = verify("views")[0]
    assert any(line.startswith(f"damaged: {other / 'about.json'} belongs to another store") for line in lines)
    assert any("which is missing" in line and str(receipt_path("render", "plane")) in line for line in lines)


def test_a_damaged_receipt_is_told_and_the_rest_verified(kept: Settings) -> None:
    path = receipt_path("render", "plane")
    path.write_text(path.read_text().replace('"id": "b"', '"id": "x"'))
    lines, verified = verify()
    assert lines == [
        f"damaged: {path} is damaged: run `pipeline render --category plane` again, or `dvc repro --force`."
    ]
    assert verified.objects == 11


def test_one_kind_and_one_category_alone(kept: Settings) -> None:
    store = the_store("views")
    store.marker_path(0).write_text("{}")
    assert verify("labels")[0] == []
    nothing = verify(category="chair")[1]
    assert nothing.objects == 0
    assert str(nothing) == "there is nothing of chair below stores: nothing was verified"
    with pytest.raises(UserError, match=r"storage.root is elsewhere, which is no folder"):
        verify_stores("elsewhere", load_settings().machine, None, None, print)
    assert len(verify("views", "plane")[0]) == 1


def test_processes_find_the_same(kept: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.upkeep.verify.PROCESSES_FROM", 2)
    store = the_store("views")
    (store.path / "arrays.zarr" / store.chunk_file("rgba", 1)).write_bytes(b"x")
    lines: list[str] = []
    settings = load_settings(overrides=("machine.workers=2",))
    verified = verify_stores(settings.storage.root, settings.machine, None, None, lines.append)
    assert len(lines) == 1 and verified.objects == 11


def test_what_is_being_written_is_no_damage(kept: Settings) -> None:
    store = the_store("labels")
    (store.path / "arrays.zarr" / store.chunk_file("part", 1)).write_bytes(b"half")
    with locked_file(store.path / "done" / ".1.lock"):
        lines, verified = verify("labels")
        assert (lines, verified.busy) == ([], 1)
        assert "1 not checked, because a stage is writing them" in str(verified)
    assert len(verify("labels")[0]) == 1  # the lock's file is there, and nobody holds it


@pytest.mark.parametrize("file", ["about.json", "table.json"])
def test_a_damaged_store_that_nothing_uses_may_be_removed(kept: Settings, file: str) -> None:
    store = filled_store(ROOT, "views", ("a",), seed=1)
    (store.path / file).write_text("{}")
    (line,) = verify("views")[0]
    assert line.startswith(f"damaged: {store.path} is a damaged store: no receipt names it")
    assert "may be removed" in line
    receipt_path("render", "plane").unlink()  # now its stage may be at it
    assert "run `pipeline render --category plane`" in verify("views")[0][0]

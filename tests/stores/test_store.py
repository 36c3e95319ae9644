"""Stores: what is written comes back, what is not done is not there, settings never mix."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.artifacts.layouts import labels_layout, maps_layout, views_layout
from pipeline.config.settings import load_settings
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.stores.array_spec import ArraySpec
from pipeline.stores.atomic_files import sha256_of
from pipeline.stores.row_table import RowKey
from pipeline.stores.store import Done, Store

SPECS = [
    ArraySpec("a", (3, 8, 8), "uint8"),
    ArraySpec("b", (3, 4), "float16", chunk=(1, 4)),
    ArraySpec("n", (), "int32"),
]


def store(root: Path, **recipe: Any) -> Store:
    return Store(root, "views", "plane", {"seed": 0, **recipe}, SPECS)


def entry(name: str, inputs: str = "x") -> RowKey:
    return RowKey(ObjectKey("02691156", name), inputs)


def arrays(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "a": rng.integers(0, 256, (3, 8, 8)).astype(np.uint8),
        "b": rng.normal(size=(3, 4)).astype(np.float16),
        "n": np.array(seed, dtype=np.int32),
    }


@pytest.fixture
def written(tmp_path: Path) -> tuple[Store, Done]:
    """A store with the object `p` in row 0, and its marker."""
    made = store(tmp_path)
    row = made.allocate([entry("p")])[entry("p")]
    return made, made.write(entry("p"), row, arrays(0), {"share": 0.25, "note": "ö"})


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    s = store(tmp_path)
    rows = s.allocate([entry("p"), entry("q")])
    for seed, e in enumerate(rows):
        s.write(e, rows[e], arrays(seed), {"fact": 1})
    for seed, e in enumerate(rows):
        for name, value in arrays(seed).items():
            np.testing.assert_array_equal(s.read(name, rows[e]), value)
        assert s.verified(rows[e], e) is not None


def test_arrays_of_zeros_are_files_too(tmp_path: Path) -> None:
    # Zarr leaves chunks of zeros out by default; then absence would not mean "not made"
    s = store(tmp_path)
    row = s.allocate([entry("p")])[entry("p")]
    done = s.write(entry("p"), row, {n: np.zeros_like(v) for n, v in arrays(0).items()}, {})
    assert all((s.path / "arrays.zarr" / file).exists() for file in done.files)


def test_what_a_kill_leaves_of_zarrs_own_goes_with_the_next_write(written: tuple[Store, Done]) -> None:
    s, done = written
    folder = s.path / "arrays.zarr"
    whole = {path for path in folder.rglob("*") if path.is_file()}
    # As Zarr names them: the file's own name with its suffix replaced.
    for file in [*done.files, "zarr.json", "a/zarr.json"]:
        (folder / file).with_suffix(".0123abcd.partial").write_bytes(b"half")
    s.write(entry("p"), 0, arrays(0), {})
    s.allocate([entry("q")])
    assert {path for path in folder.rglob("*") if path.is_file()} == whole


def test_two_writers_of_one_row_take_turns(tmp_path: Path) -> None:
    s = store(tmp_path)
    row = s.allocate([entry("p")])[entry("p")]
    with ThreadPoolExecutor(2) as threads:
        written = list(threads.map(lambda _: s.write(entry("p"), row, arrays(0), {}).content, range(60)))
    assert len(set(written)) == 1
    assert s.verified(row, entry("p")) is not None
    assert [path.name for path in (s.path / "done").iterdir()] == ["0.json"]


def test_rows_only_grow_and_keep_their_content(tmp_path: Path) -> None:
    s = store(tmp_path)
    first = s.allocate([entry("p")])[entry("p")]
    s.write(entry("p"), first, arrays(5), {})
    rows = s.allocate([entry("o"), entry("p"), entry("q")])
    assert rows == {entry("o"): 1, entry("p"): 0, entry("q"): 2}
    np.testing.assert_array_equal(s.read("a", 0), arrays(5)["a"])
    assert s.allocate([entry("q")]) == {entry("q"): 2}


def test_changed_inputs_get_a_row_of_their_own(tmp_path: Path) -> None:
    s = store(tmp_path)
    rows = s.allocate([entry("p", "old"), entry("p", "new")])
    assert len(set(rows.values())) == 2
    s.write(entry("p", "old"), rows[entry("p", "old")], arrays(0), {})
    assert s.verified(rows[entry("p", "new")], entry("p", "new")) is None
    assert s.verified(rows[entry("p", "old")], entry("p", "new")) is None


def test_an_object_without_marker_is_not_there(written: tuple[Store, Done]) -> None:
    s, _ = written
    (s.path / "done" / "0.json").unlink()
    with pytest.raises(UserError, match="missing or damaged"):
        s.read("a", 0)


def test_verify_finds_every_flipped_byte_of_two_hundred(written: tuple[Store, Done]) -> None:
    s, done = written
    rng = np.random.default_rng(0)
    files = [s.path / "arrays.zarr" / file for file in done.files]
    for _ in range(200):
        path = files[rng.integers(len(files))]
        good = path.read_bytes()
        place = int(rng.integers(len(good)))
        path.write_bytes(good[:place] + bytes([good[place] ^ (1 << int(rng.integers(8)))]) + good[place + 1 :])
        assert s.verified(0, entry("p")) is None
        with pytest.raises(UserError, match="missing or damaged"):
            s.read(path.relative_to(s.path / "arrays.zarr").parts[0], 0)
        path.write_bytes(good)
    assert s.verified(0, entry("p")) is not None


def test_no_flipped_byte_of_a_marker_goes_unnoticed(written: tuple[Store, Done]) -> None:
    s, _ = written
    path = s.marker_path(0)
    good = path.read_bytes()
    for place in range(len(good)):
        for flip in (1, 32, 42):  # 32 turns small letters into capitals, 42 blanks into line feeds and back
            path.write_bytes(good[:place] + bytes([good[place] ^ flip]) + good[place + 1 :])
            assert s.done(0) is None
    for damage in (b"", b"{", b"[]", b'{"row": 0}'):
        path.write_bytes(damage)
        assert s.done(0) is None
    path.write_bytes(good)
    assert s.done(0) is not None


def test_a_damaged_table_is_refused_and_can_be_removed(tmp_path: Path) -> None:
    s = store(tmp_path)
    rows = s.allocate([entry("p"), entry("q")])
    for seed, e in enumerate(rows):
        s.write(e, rows[e], arrays(seed), {})
    table = s.path / "table.json"
    good = table.read_bytes()
    table.write_bytes(good.replace(b'"p"', b'"r"'))
    with pytest.raises(UserError, match=r"table.json is damaged: remove it"):
        s.allocate([entry("p")])
    table.unlink()
    assert s.allocate([entry("p"), entry("q")]) == rows
    assert table.read_bytes() == good
    assert all(s.verified(row, e) is not None for e, row in rows.items())


@pytest.mark.parametrize("file", ["zarr.json", "a/zarr.json"])
@pytest.mark.parametrize("damage", [b"", b"{}", None])
def test_damaged_metadata_of_zarr_is_made_anew(written: tuple[Store, Done], file: str, damage: bytes | None) -> None:
    s, _ = written
    path = s.path / "arrays.zarr" / file
    good = path.read_bytes()
    assert s.metadata()[file] == sha256_of(path)
    path.unlink() if damage is None else path.write_bytes(damage)
    s.allocate([entry("p")])
    assert path.read_bytes() == good
    np.testing.assert_array_equal(s.read("a", 0), arrays(0)["a"])


def test_other_settings_are_another_folder_and_opening_writes_nothing(tmp_path: Path) -> None:
    assert store(tmp_path).path == store(tmp_path).path
    assert store(tmp_path).path != store(tmp_path, seed=1).path
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_other_settings_is_refused(tmp_path: Path) -> None:
    s = store(tmp_path)
    s.create()
    about = s.path / "about.json"
    about.write_text(json.dumps({**json.loads(about.read_text()), "fingerprint": "somebody-elses"}))
    with pytest.raises(UserError, match="other settings"):
        store(tmp_path).allocate([entry("p")])


def test_wrong_shape_type_or_name_is_refused_before_the_marker(tmp_path: Path) -> None:
    s = store(tmp_path)
    row = s.allocate([entry("p")])[entry("p")]
    for wrong in (
        {**arrays(0), "a": np.zeros((3, 8, 9), dtype=np.uint8)},
        {**arrays(0), "a": np.zeros((3, 8, 8), dtype=np.int16)},
        {"a": arrays(0)["a"]},
    ):
        with pytest.raises(ValueError):  # noqa: PT011  # the message is the programmer's
            s.write(entry("p"), row, wrong, {})
        assert s.done(row) is None
    s.marker_path(row).mkdir(parents=True)  # a folder in its place is none
    assert s.done(row) is None


def test_layouts_are_those_of_the_design() -> None:
    camera = load_settings().camera
    assert {s.name: (s.shape, s.dtype) for s in views_layout(camera)} == {
        "rgba": ((50, 128, 128, 4), "uint8"),
        "depth": ((50, 128, 128), "float32"),
        "pose": ((50, 4, 4), "float32"),
        "intrinsics": ((50, 4), "float32"),
    }
    (feature,) = maps_layout(camera, 384, "float16")
    assert (feature.shape, feature.dtype, feature.chunk) == ((50, 32, 32, 384), "float16", (1, 32, 32, 384))
    names = {s.name for s in labels_layout(camera, 21, 10000, 2048)}
    assert {"part", "keypoint_xyz", "keypoint_uv", "keypoint_visible", "keypoint_present"} < names


def test_a_damaged_shard_is_written_over(written: tuple[Store, Done]) -> None:
    # Zarr reads the index of a shard before it writes to it
    s, done = written
    (shard,) = [s.path / "arrays.zarr" / file for file in done.files if file.startswith("b/")]
    shard.write_bytes(shard.read_bytes()[:5])
    assert s.write(entry("p"), 0, arrays(0), {}).content == done.content

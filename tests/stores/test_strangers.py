"""Stores that strangers made: no name in them leads anywhere, no link is followed, and nothing waits for a FIFO."""

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.config.settings import Settings
from pipeline.errors import UserError
from pipeline.stores.atomic_files import sha256_of
from pipeline.stores.checked_json import read_checked, write_checked
from pipeline.stores.row_table import read_table
from pipeline.upkeep.copy_stores import copy_stores
from pipeline.upkeep.verify import verify_stores
from tests.stores.kept import ROOT, the_store

HERE = Path("here")
BAIT = b"not to be touched"


@pytest.fixture
def bait(kept: Settings) -> Path:
    path = Path("bait.txt").resolve()
    path.write_bytes(BAIT)
    return path


def change(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a checked file and give it the checksum that it should have: a stranger can."""
    record = read_checked(path)
    change(record)
    write_checked(path, record)


def copy_all(settings: Settings) -> list[str]:
    said: list[str] = []
    copy_stores(str(ROOT), settings.machine, HERE, None, None, True, said.append)
    return said


def verified(settings: Settings) -> list[str]:
    said: list[str] = []
    verify_stores(str(ROOT), settings.machine, None, None, said.append)
    return said


@pytest.mark.parametrize("name", ["../../../../../../bait.txt", "{bait}", "rgba/../../../x", "x/zarr.json", ""])
def test_a_name_in_a_table_leads_nowhere(kept: Settings, bait: Path, name: str) -> None:
    store = the_store("views")
    name = name.format(bait=bait)
    change(store.path / "table.json", lambda table: table["metadata"].update({name: sha256_of(bait)}))
    assert any("table.json is damaged" in line for line in verified(kept))
    assert any("table.json is damaged" in line for line in copy_all(kept))
    assert bait.read_bytes() == BAIT
    assert not list(HERE.rglob("bait.txt")) and not list(HERE.glob("views"))
    with pytest.raises(UserError, match=r"table\.json is damaged"):
        store.read("rgba", 0)


@pytest.mark.parametrize("rows", [5, [5], [{"synset": 1}], {"a": "b"}, None])
def test_a_table_of_another_shape_is_damaged(kept: Settings, rows: Any) -> None:
    store = the_store("views")
    change(store.path / "table.json", lambda table: table.update(rows=rows))
    with pytest.raises(UserError, match=r"table\.json is damaged"):
        read_table(store.path / "table.json", store.specs)


@pytest.mark.parametrize("name", ["../../x", "/etc/passwd", "a/b", "..", ".", "", "a\0b", "a\nb", "-x"])
def test_an_array_of_no_plain_name_is_a_damaged_store(kept: Settings, name: str) -> None:
    store = the_store("views")
    change(store.path / "about.json", lambda about: about["layout"]["rgba"].update(name=name))
    assert any("about.json is damaged" in line for line in verified(kept))
    assert any("about.json is damaged" in line for line in copy_all(kept))


def test_a_marker_that_lists_another_file_does_not_count(kept: Settings) -> None:
    store = the_store("views")
    sound, path = store.marker_path(0), store.arrays / store.chunk_file("depth", 0)
    other = store.chunk_file("depth", 1)
    files = {f"depth/../{other}": sha256_of(store.arrays / other)}
    change(sound, lambda marker: marker["files"].update(files) or marker["files"].pop(store.chunk_file("depth", 0)))
    path.write_bytes(b"garbage")
    with pytest.raises(UserError, match="row 0 of 'depth' is missing or damaged"):
        store.read("depth", 0)


@pytest.mark.parametrize(
    "file", ["failures.jsonl", "table.json", "about.json", "done", "done/0.json", "arrays.zarr/rgba/zarr.json"]
)
@pytest.mark.parametrize("kind", ["link", "fifo"])
def test_links_and_fifos_in_a_store_are_neither_read_nor_copied(
    kept: Settings, bait: Path, file: str, kind: str
) -> None:
    path = the_store("views").path / file
    if path.is_dir():
        shutil.move(path, bait.with_name("elsewhere"))
    path.unlink(missing_ok=True)
    path.symlink_to(bait) if kind == "link" else os.mkfifo(path)
    start = time.monotonic()
    assert any(path.name in line for line in verified(kept))
    assert any(path.name in line for line in copy_all(kept))
    assert time.monotonic() - start < 30
    assert BAIT not in [copied.read_bytes() for copied in HERE.rglob("*") if copied.is_file()]


# --- metadata of arrays


def endian(metadata: dict[str, Any]) -> None:
    """Turn the byte order of the values around, wherever the codec stands."""
    text = json.dumps(metadata).replace('"little"', '"big"')
    metadata.update(json.loads(text))


CHANGES: dict[str, tuple[str, Callable[[dict[str, Any]], Any]]] = {
    "byte order": ("depth", endian),
    "type": ("depth", lambda m: m.update(data_type="int32")),
    "shape": ("rgba", lambda m: m.update(shape=[*m["shape"][:-2], 64, 2])),
    "fill value": ("depth", lambda m: m.update(fill_value=1.0)),
    "codec": ("pose", lambda m: m.update(codecs=m["codecs"][:1])),
    "chunks": ("pose", lambda m: m["chunk_grid"]["configuration"].update(chunk_shape=[1, 2, 4, 4])),
    "attributes": ("pose", lambda m: m.update(attributes={"units": "inch"})),
    "consolidated": ("", lambda m: m.update(consolidated_metadata={"kind": "inline", "must_understand": False})),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changed_metadata_of_an_array_is_noticed_before_it_is_read(kept: Settings, name: str) -> None:
    store = the_store("views")
    array, edit = CHANGES[name]
    read = array or "depth"
    before = store.read(read, 1)
    path = store.arrays / array / "zarr.json"
    metadata = json.loads(path.read_bytes())
    edit(metadata)
    written = path.stat()
    path.write_text(json.dumps(metadata))
    os.utime(path, ns=(written.st_atime_ns, written.st_mtime_ns))
    for opened in (store, the_store("views")):
        with pytest.raises(UserError, match=r"zarr.json is missing or damaged: repeat the stage"):
            opened.read(read, 1)
    store.allocate(store.table())  # as the next run of the stage begins
    np.testing.assert_array_equal(the_store("views").read(read, 1), before)


def test_metadata_of_another_layout_is_refused_although_its_checksum_fits(kept: Settings) -> None:
    store = the_store("views")
    path = store.arrays / "depth" / "zarr.json"
    path.write_text(path.read_text().replace('"float32"', '"int32"').replace('"fill_value": 0.0', '"fill_value": 0'))
    change(store.path / "table.json", lambda table: table["metadata"].update({"depth/zarr.json": sha256_of(path)}))
    with pytest.raises(UserError, match="row 0 of 'depth' is missing or damaged"):
        the_store("views").read("depth", 0)


def test_the_facts_of_rows_are_compared_too(kept: Settings) -> None:
    store = the_store("views")
    path = store.arrays / "split" / "c" / "0"
    path.write_bytes(path.read_bytes().replace(b"train", b"tests"))
    with pytest.raises(UserError, match="'split' is missing or damaged"):
        store.row_facts()

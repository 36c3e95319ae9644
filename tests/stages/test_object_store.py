"""Filling a store object by object: what is there is verified, by several processes where there is much of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from pipeline.artifacts.receipts import Receipt
from pipeline.config.settings import Machine, load_settings
from pipeline.datasets.records import ObjectKey
from pipeline.stages.fill import StoreTask, fill_store
from pipeline.stores.store import ArraySpec, Done, RowKey, Store

OBJECTS = 220  # enough for several processes
WANTED = [(RowKey(ObjectKey("02691156", f"o{i}"), "x"), i) for i in range(OBJECTS)]


@dataclass(frozen=True)
class Writer:
    """Writes an object's number."""

    store: Store

    def __call__(self) -> Callable[[StoreTask[int]], Done]:
        return lambda task: self.store.write(task.entry, task.row, {"n": np.full(4, task.work, dtype=np.int32)}, {})


def test_damage_among_many_objects_is_found_and_made_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store(Path("stores"), "views", "plane", {}, [ArraySpec("n", (4,), "int32")])
    here = load_settings(Path(__file__).parents[2] / "params.yaml").machine.model_copy(update={"workers": 1})
    two = here.model_copy(update={"workers": 2})

    def fill(machine: Machine) -> Receipt:
        return fill_store(
            "render",
            "plane",
            store,
            WANTED,
            Writer(store),
            upstream_failures={},
            views=1,
            machine=machine,
            overwrite=False,
        )

    first = fill(here)
    chunk = store.path / "arrays.zarr" / "n" / "c" / "7" / "0"
    held = bytearray(chunk.read_bytes())
    held[-1] ^= 1
    chunk.write_bytes(held)
    (store.path / "done" / "9.json").unlink()
    assert fill(two) == first
    assert store.read("n", 7).tolist() == [7] * 4
    assert store.read("n", 9).tolist() == [9] * 4

"""Filling a store object by object: what is there is verified, by several processes where there is much of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from pipeline.artifacts.receipts import Receipt
from pipeline.config.settings import Machine, load_settings
from pipeline.datasets.records import ObjectKey
from pipeline.executors.shard import WHOLE, Shard
from pipeline.stages.fill import StoreTask, fill_store
from pipeline.stores.array_spec import ArraySpec
from pipeline.stores.atomic_files import sha256_of
from pipeline.stores.row_facts import NO_FACTS, RowFacts
from pipeline.stores.row_table import RowKey
from pipeline.stores.store import Done, Store

OBJECTS = 220  # enough for several processes
WANTED = [(RowKey(ObjectKey("02691156", f"o{i}"), "x"), i) for i in range(OBJECTS)]
FACTS = {entry.key: RowFacts(("train", "test")[i % 2], "none") for entry, i in WANTED}


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
            facts=FACTS,
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


@dataclass(frozen=True)
class Stopping:
    """Writes as `Writer` does, and is killed at an object."""

    store: Store
    at: int

    def __call__(self) -> Callable[[StoreTask[int]], Done]:
        write = Writer(self.store)()

        def work(task: StoreTask[int]) -> Done:
            if task.work == self.at:
                raise KeyboardInterrupt
            return write(task)

        return work


def test_a_row_has_a_split_only_while_it_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store(Path("stores"), "views", "plane", {}, [ArraySpec("n", (4,), "int32")])
    machine = load_settings(Path(__file__).parents[2] / "params.yaml").machine.model_copy(update={"workers": 1})

    def fill(
        numbers: list[int], worker: Writer | Stopping, shard: Shard = WHOLE, overwrite: bool = False, inputs: str = "x"
    ) -> list[str]:
        wanted = [(RowKey(WANTED[i][0].key, inputs), i) for i in numbers]
        fill_store(
            "render", "plane", store, wanted, worker, facts=FACTS, upstream_failures={}, views=1, machine=machine,
            overwrite=overwrite, shard=shard,
        )  # fmt: skip
        return [facts.split for facts in store.row_facts()]

    whole, writer = list(range(4)), Writer(store)
    # one of two machines has filled its half
    assert fill(whole, writer, Shard(1, 2)) == ["train", "", "train", ""]
    assert fill(whole, writer, Shard(2, 2)) == ["train", "test", "train", "test"]
    assert fill(whole, writer) == ["train", "test", "train", "test"]
    # killed while it makes all of them again: nothing is said of any, whatever the rows hold by then
    with pytest.raises(KeyboardInterrupt):
        fill(whole, Stopping(store, 2), overwrite=True)
    assert [facts.split for facts in store.row_facts()] == ["", "", "", ""]
    # the others are kept
    assert fill(whole, writer) == ["train", "test", "train", "test"]
    # a receipt of fewer objects
    assert fill([0, 1], writer) == ["train", "test", "", ""]
    # new inputs: the old rows stay and are not in use any more
    assert fill([0, 1], writer, inputs="y") == ["", "", "", "", "train", "test"]
    assert store.row_facts()[0] == NO_FACTS


def test_a_damaged_split_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store(Path("stores"), "views", "plane", {}, [ArraySpec("n", (4,), "int32")])
    machine = load_settings(Path(__file__).parents[2] / "params.yaml").machine.model_copy(update={"workers": 1})

    def fill() -> None:
        fill_store(
            "render", "plane", store, WANTED[:3], Writer(store), facts=FACTS, upstream_failures={}, views=1,
            machine=machine, overwrite=False,
        )  # fmt: skip

    fill()
    before = store.row_facts()
    for file in (store.arrays / "split" / "c" / "0", store.arrays / "split" / "zarr.json"):
        good = file.read_bytes()
        file.write_bytes(good[:-3])
        fill()
        assert store.row_facts() == before
        assert file.read_bytes() == good
        assert store.metadata() == {name: sha256_of(store.arrays / name) for name in store.metadata()}

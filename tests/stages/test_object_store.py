"""Filling a store object by object: what is there is verified, by several processes where there is much of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from pipeline.artifacts.receipts import Receipt
from pipeline.config.settings import load_settings
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
MACHINE = load_settings(Path(__file__).parents[2] / "params.yaml").machine


@dataclass(frozen=True)
class Writer:
    """Writes an object's number; is killed at the object `stop`."""

    store: Store
    stop: int | None = None

    def __call__(self) -> Callable[[StoreTask[int]], Done]:
        return self.write

    def write(self, task: StoreTask[int]) -> Done:
        if task.work == self.stop:
            raise KeyboardInterrupt
        return self.store.write(task.entry, task.row, {"n": np.full(4, task.work, dtype=np.int32)}, {})


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.chdir(tmp_path)
    return Store(Path("stores"), "views", "plane", {}, [ArraySpec("n", (4,), "int32")])


def fill(
    store: Store,
    wanted: Sequence[tuple[RowKey, int]],
    stop: int | None = None,
    shard: Shard = WHOLE,
    overwrite: bool = False,
    workers: int = 1,
) -> Receipt:
    return fill_store(
        "render", "plane", store, wanted, Writer(store, stop), facts=FACTS, upstream_failures={}, views=1,
        machine=MACHINE.model_copy(update={"workers": workers}), overwrite=overwrite, shard=shard,
    )  # fmt: skip


def test_damage_among_many_objects_is_found_and_made_good(store: Store) -> None:
    first = fill(store, WANTED)
    chunk = store.path / "arrays.zarr" / "n" / "c" / "7" / "0"
    held = bytearray(chunk.read_bytes())
    held[-1] ^= 1
    chunk.write_bytes(held)
    (store.path / "done" / "9.json").unlink()
    assert fill(store, WANTED, workers=2) == first
    assert store.read("n", 7).tolist() == [7] * 4
    assert store.read("n", 9).tolist() == [9] * 4


def test_a_row_has_a_split_only_while_it_is_complete(store: Store) -> None:
    def splits(wanted: Sequence[tuple[RowKey, int]], shard: Shard = WHOLE) -> list[str]:
        fill(store, wanted, shard=shard)
        return [facts.split for facts in store.row_facts()]

    whole = WANTED[:4]
    # one of two machines has filled its half
    assert splits(whole, Shard(1, 2)) == ["train", "", "train", ""]
    assert splits(whole, Shard(2, 2)) == ["train", "test", "train", "test"]
    assert splits(whole) == ["train", "test", "train", "test"]
    # killed while it makes all of them again: nothing is said of any, whatever the rows hold by then
    with pytest.raises(KeyboardInterrupt):
        fill(store, whole, stop=2, overwrite=True)
    assert [facts.split for facts in store.row_facts()] == ["", "", "", ""]
    # the others are kept
    assert splits(whole) == ["train", "test", "train", "test"]
    # a receipt of fewer objects
    assert splits(whole[:2]) == ["train", "test", "", ""]
    # new inputs: the old rows stay and are not in use any more
    assert splits([(RowKey(entry.key, "y"), i) for entry, i in whole[:2]]) == ["", "", "", "", "train", "test"]
    assert store.row_facts()[0] == NO_FACTS


def test_a_damaged_split_is_written_again(store: Store) -> None:
    fill(store, WANTED[:3])
    before = store.row_facts()
    for file in (store.arrays / "split" / "c" / "0", store.arrays / "split" / "zarr.json"):
        good = file.read_bytes()
        file.write_bytes(good[:-3])
        fill(store, WANTED[:3])
        assert store.row_facts() == before
        assert file.read_bytes() == good
        assert store.metadata() == {name: sha256_of(store.arrays / name) for name in store.metadata()}

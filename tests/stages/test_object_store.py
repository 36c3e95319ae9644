"""Filling a store object by object: what is there is verified, a worker that dies costs its object, facts are true."""

import ctypes
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from pipeline.artifacts.receipts import Receipt, read_receipt
from pipeline.config.settings import load_settings
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.executors.shard import WHOLE, Shard
from pipeline.stages.fill import StoreTask, fill_store
from pipeline.stores.array_spec import ArraySpec
from pipeline.stores.atomic_files import sha256_of
from pipeline.stores.row_facts import NO_FACTS, RowFacts
from pipeline.stores.row_table import RowKey
from pipeline.stores.store import Done, Store
from tests.stages.tree import contents

OBJECTS = 220  # enough for several processes
WANTED = [(RowKey(ObjectKey("02691156", f"o{i}"), "x"), i) for i in range(OBJECTS)]
FACTS = {entry.key: RowFacts(("train", "test")[i % 2], "none") for entry, i in WANTED}
MACHINE = load_settings(Path(__file__).parents[2] / "params.yaml").machine


MISHAPS: dict[str, Callable[[], object]] = {
    "hang": lambda: ctypes.PyDLL(None).sleep(600),  # deaf to everything, as a library that keeps Python's lock
    "segfault": lambda: ctypes.string_at(0),
}


class Breaking(dict[str, np.ndarray]):
    """Arrays of an object. Between the first and the second something happens."""

    mishap: Callable[[], object]

    def items(self) -> Iterator[tuple[str, np.ndarray]]:
        first, second = super().items()
        yield first
        self.mishap()
        yield second


@dataclass(frozen=True)
class Writer:
    """Writes an object's number. At object 2 it is killed, or has a mishap: always, or until `mark` is there."""

    store: Store
    mishap: str | None = None
    mark: Path | None = None

    def __call__(self) -> Callable[[StoreTask[int]], Done]:
        return self.write

    def write(self, task: StoreTask[int]) -> Done:
        arrays = Breaking({name: np.full(4, task.work, dtype=np.int32) for name in "nm"})
        arrays.mishap = lambda: None
        if task.work == 2 and self.mishap == "kill":
            raise KeyboardInterrupt
        if task.work == 2 and self.mishap and not (self.mark and self.mark.exists()):
            arrays.mishap = MISHAPS[self.mishap]
            if self.mark:
                self.mark.touch()
        return self.store.write(task.entry, task.row, arrays, {})


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.chdir(tmp_path)
    return new_store("stores")


def new_store(root: str) -> Store:
    return Store(Path(root), "views", "plane", {}, [ArraySpec(name, (4,), "int32") for name in "nm"])


def fill(
    store: Store,
    wanted: Sequence[tuple[RowKey, int]],
    mishap: str | None = None,
    mark: Path | None = None,
    shard: Shard = WHOLE,
    overwrite: bool = False,
    **machine: object,
) -> Receipt:
    return fill_store(
        "render", "plane", store, wanted, Writer(store, mishap, mark), facts=FACTS, upstream_failures={}, views=1,
        machine=MACHINE.model_copy(update={"workers": 1, **machine}), overwrite=overwrite, shard=shard,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("mishap", "limits", "reason"),
    [
        ("hang", {"seconds_per_object": 3, "retries": 0}, "took longer than 3 s"),
        ("segfault", {}, "the worker process died (signal 11), 2 times"),
        pytest.param("segfault", {}, None, id="segfault once, which costs nothing"),
    ],
)
def test_a_worker_that_hangs_or_dies_costs_its_object(
    store: Store, tmp_path: Path, mishap: str, limits: dict[str, float], reason: str | None
) -> None:
    whole, other, mark = WANTED[:4], new_store("other"), tmp_path / "happened"
    undisturbed = fill(store, whole)
    if reason is None:
        assert fill(other, whole, mishap, mark, workers=2) == undisturbed
        assert mark.exists()
    else:
        with pytest.raises(UserError, match=r"1 of 4 objects failed, more than machine.tolerated_failures \(0.1\)"):
            fill(other, whole, mishap, workers=2, **limits)
        receipt = read_receipt("render", "plane")
        assert receipt.failed == {"02691156/o2": reason}
        assert receipt.objects == tuple(stored for stored in undisturbed.objects if stored.row != 2)
        assert other.done(2) is None
        assert fill(other, whole) == undisturbed
    assert contents(other.path, "lock", "about.json") == contents(store.path, "lock", "about.json")


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
        fill(store, whole, "kill", overwrite=True)
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

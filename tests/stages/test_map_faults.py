"""The cache of maps under faults: what can be made is the same bytes, the rest is on record or refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import read_receipt
from pipeline.config.settings import load_settings
from pipeline.datasets.records import Split
from pipeline.stores.checked_json import read_checked, write_checked
from pipeline.teachers.daisy import DaisyNetwork
from tests.stages.conftest import run_command
from tests.stages.test_full_disk import Disk
from tests.stages.tree import contents

INSTANCE = ("cache-teachers", "plane-daisy")
NOT_CONTENT = ("lock", "about.json")


def store() -> Path:
    return Path("stores") / read_receipt(*INSTANCE).store


def shard(row: int) -> Path:
    return store() / "arrays.zarr" / "feature" / "c" / str(row) / "0" / "0" / "0" / "0"


def test_not_a_number_costs_its_object(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(store(), *NOT_CONTENT)
    hurt = read_receipt(*INSTANCE).objects[1]
    whole = DaisyNetwork.__call__

    def sick(network: DaisyNetwork, images: torch.Tensor, names: Any) -> torch.Tensor:
        maps = whole(network, images, names)
        if names[0].startswith(str(hurt.key)):
            maps[:, 4, 4, 7] = float("nan")
        return maps

    with monkeypatch.context() as patch:
        patch.setattr(DaisyNetwork, "__call__", sick)
        result = run_command("cache-teachers", "--overwrite")
    assert result.exit_code == 0
    receipt = read_receipt(*INSTANCE)
    assert list(receipt.failed) == [str(hurt.key)]
    assert "not finite in fp16" in receipt.failed[str(hurt.key)]
    (line,) = (store() / "failures.jsonl").read_text().splitlines()
    assert json.loads(line)["object"] == str(hurt.key)
    assert len(receipt.objects) == 3
    assert run_command("cache-teachers").exit_code == 0
    assert contents(store(), *NOT_CONTENT) == before


@pytest.mark.parametrize(("split", "words"), [("train", ["train", "--overwrite"]), ("test", ["evaluate"])])
def test_a_truncated_shard_is_noticed_and_made_again(project: Path, split: Split, words: list[str]) -> None:
    before = contents(store(), *NOT_CONTENT)
    manifest = Project(load_settings()).manifest("plane")
    row = read_receipt(*INSTANCE).rows[manifest.key(manifest.of_split(split)[0].id)].row
    data = shard(row).read_bytes()
    shard(row).write_bytes(data[: len(data) // 2])
    result = run_command(*words)
    assert result.exit_code == 2
    assert f"row {row} of 'feature' is missing or damaged" in result.output
    result = run_command("cache-teachers")
    assert "3 of 4 objects are there and verified" in result.output
    assert contents(store(), *NOT_CONTENT) == before


def test_a_receipt_of_another_store_is_refused(project: Path) -> None:
    path = Path("receipts/cache-teachers/plane-daisy.json")
    write_checked(path, {**read_checked(path), "fingerprint": "0123456789abcdef"})
    result = run_command("train")
    assert result.exit_code == 2
    assert "points to a store of other settings" in result.output
    assert "run `pipeline cache-teachers --category plane --teacher daisy` first" in result.output


def test_a_disk_that_fills_while_maps_are_written(project: Path) -> None:
    before = contents(store(), *NOT_CONTENT)
    place = store()
    for files in (0, 3, 9):
        for old in sorted(place.rglob("*"), reverse=True):
            old.unlink() if old.is_file() else old.rmdir()
        with pytest.MonkeyPatch.context() as patch:
            Disk(patch, files)
            result = run_command("cache-teachers")
        assert result.exit_code == 2, f"room for {files} files: {result.output}"
        assert "No space left on device" in result.output
        assert "run `pipeline cache-teachers --category plane --teacher daisy`" in run_command("train").output
        assert run_command("cache-teachers").exit_code == 0
        assert contents(place, *NOT_CONTENT) == before


@pytest.mark.long
def test_two_writers_make_the_same_maps(project: Path) -> None:
    before = contents(store(), *NOT_CONTENT)
    assert run_command("cache-teachers", "--overwrite", "--set", "machine.workers=2").exit_code == 0
    assert contents(store(), *NOT_CONTENT) == before


def test_background_cells_are_zero_and_foreground_cells_are_not(project: Path) -> None:
    from pipeline.teachers.grid import foreground_cells

    stored = Project(load_settings()).stored_views("plane", "daisy")
    for key in stored.keys("test"):
        seen = foreground_cells(stored.views.read("depth", key) > 0, "any")
        there = (stored.feature(key) != 0).any(-1)
        assert np.array_equal(seen, there)

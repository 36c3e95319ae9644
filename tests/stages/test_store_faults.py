"""Stores under faults: what is damaged is refused and made again, the rest is the same bytes or on record."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.artifacts.receipts import read_receipt
from pipeline.teachers.daisy import DaisyNetwork
from tests.stages.conftest import done, refused
from tests.stages.test_checksums import flip
from tests.stages.test_full_disk import Disk
from tests.stages.tree import contents

MAPS = ("cache-teachers", "plane-daisy")
NOT_CONTENT = ("lock", "about.json")


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


FIT = "run `pipeline fit-projection --category plane --teacher daisy` again"
# A file, what happens to it, the command that reads it and what it says, the stage that makes it again.
DAMAGE: list[tuple[str, Callable[[Path], None], list[str], str, str]] = [
    ("projections/**/projection.safetensors", flip, ["train"], FIT, "fit-projection"),
    ("projections/**/projection.json", flip, ["train"], FIT, "fit-projection"),
    ("views/**/done/0.json", Path.unlink, ["label"], "run `pipeline render --category plane` again", "render"),
    # Zarr itself would answer with zeros, and the maps of a black image would be kept as sound ones.
    ("views/**/rgba/c/0/*/*/*/0", Path.unlink, ["cache-teachers", "--overwrite"], "row 0 of 'rgba' is", "render"),
    ("views/**/rgba/c/1/*/*/*/0", flip, ["cache-teachers", "--overwrite"], "row 1 of 'rgba' is", "render"),
    ("maps/**/feature/c/{train}/*/*/*/0", halve, ["train", "--overwrite"], "row {train} of 'feature' is", MAPS[0]),
    ("maps/**/feature/c/{test}/*/*/*/0", halve, ["evaluate"], "row {test} of 'feature' is", MAPS[0]),
]


def test_damage_is_noticed_by_its_reader_and_made_good(project: Path) -> None:
    manifest = json.loads(Path("data_manifests/plane.json").read_text())
    split = {item["id"]: item["split"] for item in manifest["objects"]}
    rows = {split[stored.key.id]: stored.row for stored in read_receipt(*MAPS).objects}
    for pattern, damage, reader, message, stage in DAMAGE:
        store, *_ = pattern.split("/")
        before = contents(Path("stores") / store, *NOT_CONTENT)
        (file,) = Path("stores").glob(pattern.format(**rows))
        damage(file)
        said = refused(*reader)
        assert message.format(**rows) in said, pattern
        assert ("missing or damaged" in said) is ("row" in message), pattern
        assert ("3 of 4 objects are there and verified" in done(stage)) is (stage != "fit-projection"), pattern
        done("cache-teachers")  # what read the damaged views
        assert contents(Path("stores") / store, *NOT_CONTENT) == before, pattern


def test_not_a_number_costs_its_object(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Path("stores") / read_receipt(*MAPS).store
    before, hurt = contents(store, *NOT_CONTENT), read_receipt(*MAPS).objects[1]
    whole = DaisyNetwork.__call__

    def sick(network: DaisyNetwork, images: torch.Tensor, names: Any) -> torch.Tensor:
        maps = whole(network, images, names)
        if names[0].startswith(str(hurt.key)):
            maps[:, 4, 4, 7] = float("nan")
        return maps

    with monkeypatch.context() as patch:
        patch.setattr(DaisyNetwork, "__call__", sick)
        done("cache-teachers", "--overwrite")
    receipt = read_receipt(*MAPS)
    assert list(receipt.failed) == [str(hurt.key)]
    assert "not finite in fp16" in receipt.failed[str(hurt.key)]
    (line,) = (store / "failures.jsonl").read_text().splitlines()
    assert json.loads(line)["object"] == str(hurt.key)
    assert len(receipt.objects) == 3
    done("cache-teachers")
    assert contents(store, *NOT_CONTENT) == before


def test_a_disk_that_fills_while_maps_are_written(project: Path) -> None:
    store = Path("stores") / read_receipt(*MAPS).store
    before = contents(store, *NOT_CONTENT)
    for files in (0, 3, 9):
        shutil.rmtree(store)
        with pytest.MonkeyPatch.context() as patch:
            Disk(patch, files)
            assert "No space left on device" in refused("cache-teachers"), f"room for {files} files"
        assert "run `pipeline cache-teachers --category plane --teacher daisy`" in refused("train")
        done("cache-teachers")
        assert contents(store, *NOT_CONTENT) == before, f"room for {files} files"


@pytest.mark.long
def test_two_writers_make_the_same_maps(project: Path) -> None:
    before = contents(Path("stores/maps"), *NOT_CONTENT)
    done("cache-teachers", "--overwrite", "--set", "machine.workers=2")
    assert contents(Path("stores/maps"), *NOT_CONTENT) == before

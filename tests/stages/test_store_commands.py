"""`pipeline store ...` on a project that every stage has walked through."""

import json
import os
import shutil
import time
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from pipeline.artifacts.places import STORE_KINDS, KeptKind
from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import RECEIPTS, receipt_path
from pipeline.cli import store
from pipeline.config.settings import load_settings
from pipeline.stores.atomic_files import write_bytes, write_json
from pipeline.upkeep.collect_garbage import KINDS as COLLECTED
from pipeline.upkeep.in_use import in_use
from tests.stages.conftest import done, refused, run_command
from tests.stages.tree import contents

STORES = Path("stores")
NOT_CONTENT = ("lock",)
OBJECTS = 4  # of the smoke profile
THERE = "--set", "storage.root=copied"


def said(*words: str) -> str:
    result = run_command("store", *words)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_remedy_helps(project: Path) -> None:
    """A byte in one file of each stage's store; the command that verify names makes everything sound again."""
    for stage, pattern in (
        ("render", "views/*/*/arrays.zarr/rgba/c/1/**/0"),
        ("label", "labels/*/*/done/1.json"),
        ("label", "labels/*/*/arrays.zarr/zarr.json"),
        ("cache-teachers", "maps/*/*/*/table.json"),
        ("cache-teachers", "maps/*/*/*/about.json"),
        ("fit-projection", "projections/*/*/*/projection.safetensors"),
    ):
        path = next(path for path in STORES.glob(pattern) if path.is_file())
        path.write_bytes(path.read_bytes()[:-2])
        result = run_command("store", "verify")
        assert result.exit_code == 1
        (line,) = [line for line in result.stdout.splitlines() if str(path) in line]
        if "remove it" in line:
            path.unlink()
        command = line.partition("`")[2].partition("`")[0].split()
        assert command[:2] == ["pipeline", stage]
        done(*command[1:])
        said("verify")


def test_a_walked_project_is_sound_measured_and_in_use(project: Path) -> None:
    line = said("verify")
    assert line.startswith(f"4 stores and projections, {4 * OBJECTS + 1} objects and meshes, ")
    assert line.endswith(": all intact\n")
    records = json.loads(said("stats", "--json"))
    assert {record["kind"]: record["used_by"] for record in records} == {
        "views": ["render plane"],
        "labels": ["label plane"],
        "maps": ["cache-teachers plane-daisy"],
    }
    assert all(record["objects"] == OBJECTS and record["read_views_per_second"] > 0 for record in records)
    assert len(said("stats", "--kind", "maps").splitlines()) == 2
    assert said("gc") == "0 could go: 0 B. Nothing was removed; --delete does that.\n"
    needed = in_use(Project(load_settings()))
    assert needed.folders == {}
    below = {"views": 2, "labels": 2, "maps": 3, "projections": 3, "runs": 2, "made-up": 1, "meshes": 2}
    assert {path.name for path in STORES.iterdir()} == set(below)
    for kind, levels in below.items():
        paths = set((STORES / kind).glob("/".join("*" * levels)))
        assert paths and paths <= needed.paths, kind


def test_a_picture_is_the_same_every_time_and_its_colours_do_not_hang_on_what_is_shown(project: Path) -> None:
    assert said("show", "--objects", "1", "--views", "2") == (
        f"1 of {OBJECTS} objects of category plane, maps of daisy -> maps-plane.png\n"
    )
    said("show", "-c", "plane", "-t", "daisy", "--objects", "1", "--views", "2", "--out", "same.png")
    assert Path("maps-plane.png").read_bytes() == Path("same.png").read_bytes()
    said("show", "-c", "plane", "-t", "daisy", "--objects", "4", "--views", "2", "--out", "four.png")
    with Image.open("same.png") as one, Image.open("four.png") as four:
        first = (0, 0, one.width, one.height - 10)  # without the margin below
        assert one.crop(first).tobytes() == four.crop(first).tobytes()
        assert one.height < four.height
        picture = np.asarray(four.convert("RGB"))
    assert (np.ptp(picture.astype(int), axis=2) > 60).sum() > 500  # false colours
    assert (picture == 0).all(axis=2).sum() > 5 * 128 * 128  # and black around
    unknown = refused("store", "show", "--teacher", "dino")
    assert "run `pipeline cache-teachers --category plane --teacher dino`" in unknown
    several = refused("store", "show", "--set", "categories=[plane, chair]")
    assert "give one --category of plane, chair" in several


def test_a_copy_serves_as_another_storage_root(project: Path) -> None:
    line = said("copy", "copied")
    assert line.startswith(f"{3 * OBJECTS + 1} objects copied")
    assert "receipts/ and data_manifests/ are not copied" in line
    assert contents(Path("copied"), *NOT_CONTENT) == contents(STORES, *NOT_CONTENT, "meshes/", "runs/", "made-up/")
    assert said("copy", "copied", "--kind", "meshes").startswith(f"{OBJECTS} objects copied")
    models = contents(Path("models"))
    shutil.move(STORES / "made-up", "copied/made-up")
    shutil.rmtree(STORES)
    shutil.rmtree("models")
    for stage in ("render", "label", "fit-projection", "cache-teachers"):
        assert "there and verified" in done(stage, *THERE), stage
    done("train", *THERE)
    assert contents(Path("models"), "run.json") == {name: sha for name, sha in models.items() if "run.json" not in name}


def test_gc_takes_what_changed_settings_left_behind(project: Path) -> None:
    before = {stage: contents(STORES / stage) for stage in ("views", "labels", "maps", "meshes")}
    for stage in ("render", "label"):
        done(stage, "--set", "camera.seed=5")
    # Receipts speak of the new stores, params.yaml of the old ones: both are needed.
    lines = said("gc").splitlines()
    assert lines[-1].startswith("0 could go")
    for stage in ("render", "label"):
        done(stage)
    lines = said("gc").splitlines()
    assert [line.split()[0] for line in lines[:-1]] == ["unused", "unused"]
    assert said("gc", "--delete").splitlines()[-1].startswith("2 removed: ")
    assert {stage: contents(STORES / stage) for stage in before} == before
    assert said("verify").endswith("all intact\n")


def test_gc_keeps_what_a_stage_may_be_at(project: Path) -> None:
    """A stage removes its receipt before it writes: whichever is missing, its stores stay."""
    everything = contents(STORES)
    receipts = sorted(path for path in RECEIPTS.rglob("*.json") if "synthesize" not in path.as_posix())
    assert len(receipts) == 4
    for receipt in receipts:
        data = receipt.read_bytes()
        receipt.unlink()
        assert "unused" not in said("gc"), receipt
        said("gc", "--delete")
        assert contents(STORES) == everything
        receipt.write_bytes(data)
    record = next(Path("models").glob("*/run.json"))
    record.unlink()
    assert "unused" not in said("gc")


def test_gc_of_runs_made_up_objects_and_meshes(project: Path) -> None:
    (run,), (made_up,) = STORES.glob("runs/*/*"), STORES.glob("made-up/*")
    mesh = next(STORES.glob("meshes/plane/*"))
    before = contents(STORES)
    old = run.with_name("0" * 16)
    shutil.copytree(run, old)
    assert "a training may be under way" in said("gc", "--kind", "runs")
    long_ago = time.time() - 7200
    for path in old.rglob("*"):
        os.utime(path, (long_ago, long_ago))
    shutil.copytree(made_up, made_up.with_name("1" * 16))
    write_bytes(mesh.with_name(f"gone-{'2' * 16}.safetensors"), mesh.read_bytes())
    for kind in ("runs", "made-up", "meshes"):
        assert said("gc", "--kind", kind, "--delete").splitlines()[-1].startswith("1 removed: "), kind
    assert contents(STORES) == before
    Path("data_manifests/plane.json").unlink()
    assert "unused" not in said("gc", "--kind", "meshes")


def test_the_commands_offer_the_kinds_that_there_are() -> None:
    assert store.STORES == STORE_KINDS
    assert set(store.KINDS) == set(get_args(KeptKind))
    assert {*store.KINDS, "runs", "made-up"} == set(COLLECTED)


@pytest.mark.parametrize("words", [("verify",), ("stats",), ("gc",), ("copy", "there"), ("show",)])
def test_a_folder_without_stores_is_said(empty: Path, words: tuple[str, ...]) -> None:
    assert "storage.root is stores, which is no folder: run `pipeline render` first" in refused("store", *words)


def test_a_damaged_receipt_is_said_in_one_sentence(project: Path) -> None:
    write_json(receipt_path("render", "plane"), {"fingerprint": "../../etc"})
    for words in (("stats",), ("gc",), ("copy", "there"), ("show",)):
        damaged = "receipts/render/plane.json is damaged: run `pipeline render --category plane` again"
        assert damaged in refused("store", *words)
    assert run_command("store", "verify").exit_code == 1

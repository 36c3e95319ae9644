"""Exports of a walked smoke project: its page's commands and code, what comes back, and what is refused."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import xarray
import yaml

import featurenerf
from pipeline.artifacts.project import Project
from pipeline.config.sections.data import Source
from pipeline.config.settings import load_settings
from pipeline.datasets.records import ObjectKey
from tests.featurenerf.test_documentation import named_as_here, run
from tests.stages.conftest import done, refused
from tests.stages.tree import contents

PAGE = Path(__file__).resolve().parents[2] / "docs" / "exports.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)


@pytest.mark.filterwarnings("ignore:Exception ignored in.*FileIO")  # webdataset leaves its files open
def test_every_block_of_the_page_runs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    python, others = [], 0
    for language, code in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        (here,) = named_as_here([code], project)
        if language == "sh":
            for line in here.splitlines():
                done(*shlex.split(line)[1:])
        elif language == "python":
            lines = [line for line in code.splitlines() if line and not line.startswith(("import", "from"))]
            assert len(lines) <= 6
            python.append(here)
        else:
            others += 1
            Source.model_validate(yaml.safe_load(here)["source"])
    # the first blocks open the stores where they are, the others read what the commands have written
    names = run(python)
    said = capsys.readouterr().out
    assert len(python) == 6 and others == 1
    assert names["test"].rgba.shape[1:] == (4, 32, 32, 4)
    assert set(names["test"].split.values) == {"test"}
    assert "OpenGL" in said


def test_an_npz_holds_what_the_stores_hold(project: Path) -> None:
    done("export", "npz", "-c", "plane", "--out", "out", "--teacher", "daisy", "--split", "test")
    files = sorted(Path("out/plane").iterdir())
    maps = featurenerf.open_maps("plane", "daisy")
    assert [file.stem for file in files] == sorted(maps.of_split("test"))
    record = json.loads(Path("out/export.json").read_text())
    assert set(record["objects"]) == {file.stem for file in files}
    project_of = Project(load_settings())
    views, labels = project_of.views("plane"), project_of.labels(project_of.manifest("plane"))
    for file in files:
        with np.load(file, allow_pickle=False) as read:
            arrays = dict(read)
        key = ObjectKey(str(arrays["synset"]), file.stem)
        for name in ("rgba", "pose", "intrinsics", "depth"):
            np.testing.assert_array_equal(arrays[name], views.read(name, key))
        np.testing.assert_array_equal(arrays["feature"], maps.feature(file.stem))
        np.testing.assert_array_equal(arrays["part"], labels.read("part", key))
        assert len(arrays["part_xyz"]) == labels.read("part_count", key)
        assert np.isfinite(arrays["part_xyz"]).all()
        assert str(arrays["licence"]).startswith("No licence is needed")


def test_the_stores_of_all_stages_open_in_xarray(project: Path) -> None:
    settings = Project(load_settings())
    manifest = settings.manifest("plane")
    splits = {str(manifest.key(item.id)): item.split for item in manifest.objects}
    stores = [settings.views("plane"), settings.labels(manifest), settings.stored_views("plane", "daisy").maps]
    for opened in stores:
        with xarray.open_zarr(opened.store.arrays, consolidated=False) as read:
            assert dict(zip(read["object"].values, read["split"].values, strict=True)) == splits
            assert set(read["licence"].values) == {"No licence is needed: this program made the objects up."}
            assert read.attrs["description"].endswith(".")
    with xarray.open_zarr(stores[2].store.arrays, consolidated=False) as read:
        assert (read.attrs["kind"], read.attrs["teacher"]) == ("maps", "daisy")


def test_a_second_run_writes_nothing_and_another_export_is_refused(project: Path) -> None:
    command = ("export", "webdataset", "-c", "plane", "--out", "out", "--objects-per-shard", "1")
    done(*command)
    before = {path: path.stat().st_mtime_ns for path in Path("out").iterdir()}
    done(*command)
    assert {path: path.stat().st_mtime_ns for path in Path("out").iterdir()} == before
    assert {path.name for path in before} == {
        "export.json", "plane-train-000000.tar", "plane-train-000001.tar", "plane-test-000000.tar",
        "plane-test-000001.tar",
    }  # fmt: skip
    whole = contents(Path("out"))
    assert "holds an export of other settings or data" in refused(*command, "--limit", "1")
    assert contents(Path("out")) == whole


def test_without_labels_the_others_are_exported(project: Path) -> None:
    Path("receipts/label/plane.json").unlink()
    done("export", "npz", "-c", "plane", "--out", "out", "--limit", "1")
    (file,) = Path("out/plane").iterdir()
    with np.load(file) as read:
        assert "part" not in read.files and "depth" in read.files


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--teacher", "dino"), "dino"),
        (("--split", "val"), "the val split of plane holds no stored object: name another --split"),
        (("-c", "boat"), "boat"),
    ],
)
def test_a_mistake_is_a_sentence_and_nothing_is_written(project: Path, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in refused("export", "npz", "--out", "out", *words)
    assert not Path("out").exists()

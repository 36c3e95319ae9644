"""The whole pipeline on the smoke profile: what each stage leaves, and what a second run does."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from pyarrow import parquet

from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import read_receipt
from pipeline.config.field_name import FieldName
from pipeline.config.settings import load_settings
from pipeline.stages.train import train_field
from pipeline.teachers.grid import foreground_cells
from pipeline.teachers.registry import make_teacher
from render.over_black import over_black
from tests.stages.conftest import STAGES, done, refused, with_settings
from tests.stages.tree import contents

TASKS = {"2d-cross-instance", "2d-other-camera", "2d-novel-view", "3d-cross-instance"}
RESULTS = Path("results/plane-daisy-whole")
NOT_CONTENT = ("lock", "checkpoint.json", "curves/metrics.json")  # a checkpoint records the seconds it took
VERIFIED = "4 of 4 objects are there and verified"


def test_objects_fill_the_world_frame(seen: Path) -> None:
    settings = load_settings()
    store = Project(settings).views_store("plane")
    for stored in read_receipt("render", "plane").objects:
        depth, rgba = store.read("depth", stored.row), store.read("rgba", stored.row)
        assert ((depth == 0) | ((depth > settings.camera.near) & (depth < settings.camera.far))).all()
        there, opaque = depth > 0, rgba[..., 3] >= 128
        assert (there & opaque).sum() / (there | opaque).sum() > 0.75  # 32 x 32 pixels: mostly edge
        facts = store.done(stored.row)
        assert facts is not None
        assert facts.facts["cut_views"] == []
        assert 0.02 < facts.facts["foreground"] < 0.5


def test_the_cached_maps_are_the_teachers_over_its_scale_and_zero_on_the_background(seen: Path) -> None:
    opened = Project(load_settings())
    stored = opened.stored_views("plane", "daisy")
    divisor = json.loads(Path("receipts/fit-projection/plane-daisy.json").read_text())["divisor"]
    network = make_teacher(opened, "daisy", "plane").load(torch.device("cpu"))
    for key in (stored.keys("train")[0], *stored.keys("test")):
        feature = stored.feature(key).astype(np.float32)
        cells = foreground_cells(stored.views.read("depth", key) > 0, "any")
        raw = network(torch.from_numpy(over_black(stored.rgba(key))), ["a", "b", "c", "d"]).numpy() / divisor
        np.testing.assert_allclose(feature[cells], raw[cells], rtol=2e-3, atol=1e-3)
        assert np.array_equal((feature != 0).any(-1), cells)
        assert 0.3 < np.sqrt((feature[cells] ** 2).mean()) < 3


def test_statistics_are_numbers_in_their_range_and_metrics_a_few_of_them(seen: Path) -> None:
    statistics = json.loads((RESULTS / "statistics.json").read_text())
    assert set(statistics["transfer"]) == TASKS
    for of_task in statistics["transfer"].values():
        assert set(of_task) == {"internal", "distilled", "daisy map", "position", "chance"}
        for held in of_task.values():
            assert held["pairs"] == 2
            intervals = [*held["pck"], held["iou"]]
            assert len(intervals) == 5
            assert all(0 <= i["low"] <= i["mean"] <= i["high"] <= 1 for i in intervals)
    for of_task in statistics["differences"].values():
        assert set(of_task) == {"internal - distilled", "internal - daisy map", "internal - position"}
    for way in ("rendered", "source_image"):
        held = statistics["synthesis"][way]
        assert (held["views"], held["lpips"]) == (4, None)
        assert 0 <= held["psnr"]["low"] <= held["psnr"]["mean"] <= held["psnr"]["high"] <= 100
    metrics = json.loads((RESULTS / "metrics.json").read_text())
    assert set(metrics) == {"2d-instance", "2d-camera", "2d-view", "3d-instance", "synthesis", "distillation"}
    assert set(metrics["synthesis"]) == {"psnr", "ssim"}
    of_3d = statistics["transfer"]["3d-cross-instance"]["internal"]
    assert metrics["3d-instance"]["internal"] == {
        "pck0.1edge": of_3d["pck"][-1]["mean"],
        "iou": of_3d["iou"]["mean"],
    }


def test_another_camera_sees_the_targets_of_the_same_pairs(seen: Path) -> None:
    rows = parquet.read_table(RESULTS / "pairs.parquet").to_pylist()
    with_one, with_other = (
        [row for row in rows if (row["task"], row["descriptor"]) == (task, "internal")]
        for task in ("2d-cross-instance", "2d-other-camera")
    )
    assert len(with_one) == len(with_other) == 2
    for one, other in zip(with_one, with_other, strict=True):
        assert all(one[name] == other[name] for name in ("source_id", "target_id", "source_view"))
        assert other["target_view"] == (one["target_view"] + 1) % 4  # 17 views further, of 4 that go round


def test_the_report_holds_the_numbers_the_pictures_and_no_address(seen: Path) -> None:
    page = Path("report/report.html").read_text()
    statistics = json.loads((RESULTS / "statistics.json").read_text())
    assert f"{statistics['synthesis']['rendered']['psnr']['mean']:.2f}" in page
    assert f"{100 * statistics['transfer']['2d-cross-instance']['internal']['iou']['mean']:.1f}" in page
    assert page.count("data:image/png;base64,") >= 4
    assert "made up" in page or "Made-up" in page
    assert 'src="http' not in page and 'href="http' not in page
    assert "rgb_fine" in page  # each loss term is shown


def test_training_lowered_the_loss(seen: Path) -> None:
    rows = Path("curves/plane-daisy-whole/total.tsv").read_text().split("\n")[1:-1]
    assert float(rows[-1].split("\t")[1]) < float(rows[0].split("\t")[1])


def test_a_second_run_changes_nothing_and_overwrite_makes_the_same_bytes_again(project: Path) -> None:
    before = contents(project, *NOT_CONTENT)
    times = {path: path.stat().st_mtime_ns for path in Path("stores").rglob("*/c/*") if path.is_file()}
    for stage in STAGES:
        done(stage)
        assert contents(project, *NOT_CONTENT) == before, stage
        # chunks are verified, not written again
        assert {path: path.stat().st_mtime_ns for path in times} == times, stage
    for stage in ("synthesize", "render", "label", "fit-projection", "cache-teachers", "train"):
        done(stage, "--overwrite")
        assert contents(project, *NOT_CONTENT) == before, stage


def test_limits_and_shards_fill_one_store_with_the_same_bytes(project: Path, tmp_path: Path) -> None:
    before, markers = contents(project, *NOT_CONTENT), list(Path("stores/views").rglob("done/*.json"))
    for parts in ([("--limit", "1", 1)], [("--shard", "2/3", 1), ("--shard", "3/3", 2), ("--shard", "1/3", 4)]):
        for path in markers:
            path.unlink()
        for option, value, made in parts:
            said = done("render", option, value)
            assert "a part of the objects: run `pipeline render --category plane` at the end" in said
            assert sum(path.exists() for path in markers) == made
        # Nothing goes on with a part: the whole run was forgotten.
        assert "run `pipeline render --category plane` first" in refused("label")
        if made == 1:
            shown = done("show", "views", "--category", "plane", "--out", str(tmp_path / "p.png"))
            assert "1 of 4 objects" in shown
        assert (VERIFIED in done("render")) is (made == 4)
        assert contents(project, *NOT_CONTENT) == before


def test_changed_settings_are_another_store_and_changing_back_finds_the_first(project: Path) -> None:
    first = Path("stores") / read_receipt("render", "plane").store
    before = contents(first, "lock")
    done("render", *with_settings("render.lighting=unlit"))
    assert "stores" / Path(read_receipt("render", "plane").store) != first
    assert contents(first, "lock") == before
    assert VERIFIED in done("render")
    assert "stores" / Path(read_receipt("render", "plane").store) == first


def test_identical_content_has_one_fingerprint_whatever_was_made_before(project: Path) -> None:
    before = Path(read_receipt("cache-teachers", "plane-daisy").store).name
    words = with_settings("storage.root=elsewhere")
    other = [*words, *with_settings("manifest.longest_edge=0.6")]
    for stage, chosen in (
        *(("synthesize", words), ("manifest", words)),
        *(("manifest", other), ("render", other)),  # these take the first rows
        *((stage, words) for stage in ("manifest", "render", "fit-projection", "cache-teachers")),
    ):
        done(stage, *chosen)
    assert [stored.row for stored in read_receipt("render", "plane").objects] == [4, 5, 6, 7]
    assert Path(read_receipt("cache-teachers", "plane-daisy").store).name == before


def test_what_is_of_other_settings_is_refused(project: Path) -> None:
    before = contents(project)
    for stage, override, message in (
        ("label", "camera.radius=1.25", "points to a store of other settings"),
        ("label", "camera.radius=1.25", "run `pipeline render --category plane` first"),
        ("report", "train.steps=999", "first."),
        ("report", "evaluate.pairs=3", "first."),
        ("report", "label.part_distance=0.04", "first."),
    ):
        assert message in refused(stage, *with_settings(override)), override
    for shard in ("0/2", "3/2", "2", "1/0", "a/b", "-1/2"):
        assert "write it as I/N" in refused("render", f"--shard={shard}")
    assert contents(project) == before


def test_a_kill_between_model_and_record_leaves_no_model_under_another_name(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.stages.train.write_run_record", killed)
    with pytest.raises(KeyboardInterrupt):
        train_field(load_settings(overrides=("train.seed=7",)), FieldName("plane", "daisy"))
    assert "run `pipeline train --category plane --teacher daisy` first" in refused("evaluate")


def test_a_refused_annotation_is_noted_and_pictures_of_an_earlier_evaluation_do_not_stay(project: Path) -> None:
    names = contents(project / "results").keys()
    done("evaluate", *with_settings("report.transfers=3"))
    assert contents(project / "results").keys() > names
    (annotations,) = Path("stores/made-up").rglob("annotations/airplane.json")
    held = json.loads(annotations.read_text())
    held[0]["keypoints"][0]["xyz"] = [0.0, "high", 0.0]
    annotations.write_text(json.dumps(held))
    for stage in ("manifest", "label", "evaluate", "report"):
        done(stage)
    assert contents(project / "results").keys() == names
    item = Project(load_settings()).manifest("plane").objects[0]
    assert item.keypoints is None and item.parts is not None
    assert "keypoints not used" in item.notes[0] and "xyz" in item.notes[0]
    page = Path("report/report.html").read_text()
    assert "Objects with notes (1)" in page and "keypoints not used" in page
    assert "<dt>dropped objects</dt><dd>0</dd>" in page

"""The whole pipeline on the smoke profile: what each stage leaves, and what a second run does."""

import json
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import read_receipt
from pipeline.config.field_name import FieldName
from pipeline.config.settings import load_settings
from pipeline.stages.train import train_field
from tests.stages.conftest import STAGES, run_command
from tests.stages.tree import contents

TASKS = {"2d-cross-instance", "2d-other-camera", "2d-novel-view", "3d-cross-instance"}
NOT_CONTENT = ("lock", "checkpoint.json", "curves/metrics.json")  # a checkpoint records the seconds it took


def test_the_manifest_lists_what_was_made(project: Path) -> None:
    manifest = Project(load_settings()).manifest("plane")
    assert [o.id for o in manifest.objects] == [f"madeup-plane-{i:04d}" for i in range(4)]
    assert all(o.keypoints is not None and o.parts is not None for o in manifest.objects)
    assert len(manifest.pairs.cross_instance) == 4
    assert manifest.dropped == {}


def test_objects_fill_the_world_frame(project: Path) -> None:
    settings = load_settings()
    store = Project(settings).views_store("plane")
    for stored in read_receipt("render", "plane").objects:
        depth, rgba = store.read("depth", stored.row), store.read("rgba", stored.row)
        assert ((depth == 0) | ((depth > settings.camera.near) & (depth < settings.camera.far))).all()
        seen, opaque = depth > 0, rgba[..., 3] >= 128
        assert (seen & opaque).sum() / (seen | opaque).sum() > 0.75  # 32 x 32 pixels: mostly edge
        facts = store.done(stored.row)
        assert facts is not None
        assert facts.facts["cut_views"] == []
        assert 0.02 < facts.facts["foreground"] < 0.5


def test_statistics_are_numbers_in_their_range(project: Path) -> None:
    statistics = json.loads(Path("results/plane-daisy-whole/statistics.json").read_text())
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


def test_another_camera_sees_the_targets_of_the_same_pairs(project: Path) -> None:
    rows = parquet.read_table("results/plane-daisy-whole/pairs.parquet").to_pylist()
    of_task = {
        task: [row for row in rows if (row["task"], row["descriptor"]) == (task, "internal")] for task in sorted(TASKS)
    }
    with_one, with_other = of_task["2d-cross-instance"], of_task["2d-other-camera"]
    assert len(with_one) == len(with_other) == 2
    for one, other in zip(with_one, with_other, strict=True):
        assert [one[name] for name in ("source_id", "target_id", "source_view")] == [
            other[name] for name in ("source_id", "target_id", "source_view")
        ]
        # 17 views further, of 4 that go round.
        assert other["target_view"] == (one["target_view"] + 1) % 4


def test_runs_are_compared_by_few_numbers_those_of_the_statistics(project: Path) -> None:
    metrics = json.loads(Path("results/plane-daisy-whole/metrics.json").read_text())
    statistics = json.loads(Path("results/plane-daisy-whole/statistics.json").read_text())
    assert set(metrics) == {"2d-instance", "2d-camera", "2d-view", "3d-instance", "synthesis", "distillation"}
    assert set(metrics["synthesis"]) == {"psnr", "ssim"}
    held = metrics["3d-instance"]["internal"]
    assert held.keys() == {"pck0.1edge", "iou"}
    assert held["pck0.1edge"] == statistics["transfer"]["3d-cross-instance"]["internal"]["pck"][-1]["mean"]
    assert held["iou"] == statistics["transfer"]["3d-cross-instance"]["internal"]["iou"]["mean"]


def test_the_report_holds_the_numbers_the_pictures_and_no_address(project: Path) -> None:
    page = Path("report/report.html").read_text()
    statistics = json.loads(Path("results/plane-daisy-whole/statistics.json").read_text())
    assert f"{statistics['synthesis']['rendered']['psnr']['mean']:.2f}" in page
    assert f"{100 * statistics['transfer']['2d-cross-instance']['internal']['iou']['mean']:.1f}" in page
    assert page.count("data:image/png;base64,") >= 4
    assert "made up" in page or "Made-up" in page
    assert 'src="http' not in page
    assert 'href="http' not in page
    assert "rgb_fine" in page  # each loss term is shown


def test_training_lowered_the_loss(project: Path) -> None:
    rows = Path("curves/plane-daisy-whole/total.tsv").read_text().split("\n")[1:-1]
    losses = [float(row.split("\t")[1]) for row in rows]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("stage", STAGES)
def test_a_second_run_changes_nothing(project: Path, stage: str) -> None:
    before = contents(project, *NOT_CONTENT)
    times = {path: path.stat().st_mtime_ns for path in Path("stores").rglob("*/c/*") if path.is_file()}
    result = run_command(stage)
    assert result.exit_code == 0
    assert contents(project, *NOT_CONTENT) == before
    # chunks are verified, not written again
    assert {path: path.stat().st_mtime_ns for path in times} == times


@pytest.mark.parametrize("stage", ["synthesize", "render", "label", "cache-teachers", "train"])
def test_overwrite_makes_the_same_bytes_again(project: Path, stage: str) -> None:
    before = contents(project, *NOT_CONTENT)
    result = run_command(stage, "--overwrite")
    assert result.exit_code == 0
    assert contents(project, *NOT_CONTENT) == before


def test_a_flipped_byte_is_found_and_made_good(project: Path) -> None:
    before = contents(project, *NOT_CONTENT)
    chunk = next(path for path in Path("stores/views").rglob("rgba/c/*/*/*/*/0") if path.is_file())
    held = bytearray(chunk.read_bytes())
    held[len(held) // 2] ^= 1
    chunk.write_bytes(held)
    result = run_command("render")
    assert "3 of 4 objects are there and verified" in result.output
    assert contents(project, *NOT_CONTENT) == before


def test_limit_does_some_and_a_later_run_the_rest(project: Path, tmp_path: Path) -> None:
    before = contents(project, *NOT_CONTENT)
    for path in Path("stores/views").rglob("done/*.json"):
        path.unlink()
    result = run_command("render", "--limit", "1")
    assert result.exit_code == 0
    assert "a part of the objects: run `pipeline render --category plane` at the end" in result.output
    assert (
        "1 of 4 objects" in run_command("show", "views", "--category", "plane", "--out", str(tmp_path / "p.png")).output
    )
    assert run_command("render").exit_code == 0
    assert contents(project, *NOT_CONTENT) == before


def test_shards_on_several_machines_fill_one_store_with_the_same_bytes(project: Path) -> None:
    before = contents(project, *NOT_CONTENT)
    for path in Path("stores/views").rglob("done/*.json"):
        path.unlink()
    for done, shard in enumerate(("2/3", "3/3", "1/3")):
        assert run_command("render", "--shard", shard).exit_code == 0
        assert len(list(Path("stores/views").rglob("done/*.json"))) == (1, 2, 4)[done]
    # Nothing goes on with a part: the whole run was forgotten.
    assert "run `pipeline render --category plane` first" in run_command("label").output
    result = run_command("render")
    assert "4 of 4 objects are there and verified" in result.output
    assert contents(project, *NOT_CONTENT) == before


@pytest.mark.parametrize("shard", ["0/2", "3/2", "2", "1/0", "a/b", "-1/2"])
def test_a_shard_that_is_none_is_refused(project: Path, shard: str) -> None:
    result = run_command("render", f"--shard={shard}")
    assert result.exit_code == 2
    assert "write it as I/N" in result.output


def test_changed_settings_are_another_store_and_changing_back_finds_the_first(project: Path) -> None:
    first = Path("stores") / read_receipt("render", "plane").store
    before = contents(first, "lock")
    assert run_command("render", "--set", "render.lighting=unlit").exit_code == 0
    second = Path("stores") / read_receipt("render", "plane").store
    assert second != first
    assert contents(first, "lock") == before
    result = run_command("render")
    assert "4 of 4 objects are there and verified" in result.output
    assert "stores" / Path(read_receipt("render", "plane").store) == first


def test_a_mesh_that_changed_is_skipped_with_the_reason_until_the_manifest_knows_it(project: Path) -> None:
    (obj,) = Path("stores/made-up").rglob("madeup-plane-0001/models/model_normalized.obj")
    obj.write_text(obj.read_text() + "# edited\n")
    result = run_command("render", "--overwrite")
    assert result.exit_code == 0
    assert "1 objects failed" in result.output
    assert "is not what the manifest lists" in next(iter(read_receipt("render", "plane").failed.values()))
    assert run_command("manifest").exit_code == 0
    assert run_command("render").exit_code == 0
    assert read_receipt("render", "plane").failed == {}


def test_more_failures_than_tolerated_fail_the_command_and_keep_the_rest(project: Path) -> None:
    (obj,) = Path("stores/made-up").rglob("madeup-plane-0001/models/model_normalized.obj")
    obj.write_text(obj.read_text() + "# edited\n")
    result = run_command("render", "--overwrite", "--set", "machine.tolerated_failures=0.2")
    assert result.exit_code == 2
    assert "1 of 4 objects failed, more than machine.tolerated_failures (0.2) allows" in result.output
    (reasons,) = Path("stores/views").rglob("failures.jsonl")
    assert json.loads(reasons.read_text())["object"] == "02691156/madeup-plane-0001"
    assert len(read_receipt("render", "plane").objects) == 3


def test_a_missing_chunk_is_not_read_as_zeros(project: Path) -> None:
    # Zarr itself would answer with zeros, and the maps of a black image would be kept as sound ones.
    next(path for path in Path("stores/views").rglob("rgba/c/0/*/*/*/0") if path.is_file()).unlink()
    before = contents(project / "stores" / "maps")
    result = run_command("cache-teachers", "--overwrite")
    assert result.exit_code == 2
    assert "row 0 of 'rgba' is missing or damaged" in result.output
    assert run_command("render").exit_code == 0
    assert run_command("cache-teachers").exit_code == 0
    assert contents(project / "stores" / "maps") == before


def test_identical_content_has_one_fingerprint_whatever_was_made_before(project: Path) -> None:
    before = Path(read_receipt("cache-teachers", "plane-daisy").store).name
    words = ["--set", "storage.root=elsewhere"]
    for stage in ("synthesize", "manifest"):
        assert run_command(stage, *words).exit_code == 0
    other = [*words, "--set", "manifest.longest_edge=0.6"]
    assert run_command("manifest", *other).exit_code == 0
    assert run_command("render", *other).exit_code == 0  # these take the first rows
    for stage in ("manifest", "render", "fit-projection", "cache-teachers"):
        assert run_command(stage, *words).exit_code == 0
    assert [stored.row for stored in read_receipt("render", "plane").objects] == [4, 5, 6, 7]
    assert Path(read_receipt("cache-teachers", "plane-daisy").store).name == before


@pytest.mark.parametrize("override", ["train.steps=999", "evaluate.pairs=3", "label.part_distance=0.04"])
def test_a_report_of_other_settings_is_refused(project: Path, override: str) -> None:
    before = Path("report/report.html").read_bytes()
    result = run_command("report", "--set", override)
    assert result.exit_code == 2
    assert "first." in result.output
    assert Path("report/report.html").read_bytes() == before


def test_a_kill_between_model_and_record_leaves_no_model_under_another_name(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.stages.train.write_run_record", killed)
    other = load_settings(overrides=("train.seed=7",))
    with pytest.raises(KeyboardInterrupt):
        train_field(other, FieldName("plane", "daisy"))
    result = run_command("evaluate")
    assert result.exit_code == 2
    assert "run `pipeline train --category plane --teacher daisy` first" in result.output


def test_pictures_of_an_earlier_evaluation_do_not_stay(project: Path) -> None:
    before = contents(project / "results")
    assert run_command("evaluate", "--set", "report.transfers=3").exit_code == 0
    assert len(contents(project / "results")) > len(before)
    assert run_command("evaluate").exit_code == 0
    assert contents(project / "results") == before


def test_a_refused_annotation_is_noted_and_the_object_kept(project: Path) -> None:
    (annotations,) = Path("stores/made-up").rglob("annotations/airplane.json")
    held = json.loads(annotations.read_text())
    held[0]["keypoints"][0]["xyz"] = [0.0, "high", 0.0]
    annotations.write_text(json.dumps(held))
    assert run_command("manifest").exit_code == 0
    item = Project(load_settings()).manifest("plane").objects[0]
    assert item.keypoints is None
    assert item.parts is not None
    assert "keypoints not used" in item.notes[0]
    assert "xyz" in item.notes[0]
    for stage in ("label", "evaluate", "report"):
        assert run_command(stage).exit_code == 0
    page = Path("report/report.html").read_text()
    assert "Objects with notes (1)" in page
    assert "keypoints not used" in page
    assert "<dt>dropped objects</dt><dd>0</dd>" in page


def test_stale_receipts_are_refused(project: Path) -> None:
    result = run_command("label", "--set", "camera.radius=1.25")
    assert result.exit_code == 2
    assert "points to a store of other settings" in result.output
    assert "run `pipeline render --category plane` first" in result.output


def test_a_store_that_lost_an_object_is_refused(project: Path) -> None:
    next(iter(Path("stores/views").rglob("done/0.json"))).unlink()
    result = run_command("label")
    assert result.exit_code == 2
    assert "run `pipeline render --category plane` again" in result.output


def test_the_cached_maps_are_the_teachers_over_its_scale_and_zero_on_the_background(project: Path) -> None:
    import torch

    from pipeline.teachers.grid import foreground_cells
    from pipeline.teachers.registry import make_teacher
    from render.over_black import over_black

    settings = load_settings()
    stored = Project(settings).stored_views("plane", "daisy")
    divisor = json.loads(Path("receipts/fit-projection/plane-daisy.json").read_text())["divisor"]
    key = stored.keys("train")[0]
    feature = stored.feature(key).astype(np.float32)
    depth = stored.views.read("depth", key)
    cells = foreground_cells(depth > 0, "any")
    network = make_teacher(Project(settings), "daisy", "plane").load(torch.device("cpu"))
    raw = network(torch.from_numpy(over_black(stored.rgba(key))), ["a", "b", "c", "d"]).numpy() / divisor
    np.testing.assert_allclose(feature[cells], raw[cells], rtol=2e-3, atol=1e-3)
    assert (feature[~cells] == 0).all()
    assert 0.3 < np.sqrt((feature[cells] ** 2).mean()) < 3

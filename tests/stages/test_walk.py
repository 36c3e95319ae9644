"""The whole pipeline on the smoke profile: what each stage leaves, and what a second run does."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.manifest import read_manifest
from pipeline.receipts import read_receipt
from pipeline.settings import load_settings
from pipeline.stages.render import views_store
from tests.stages.conftest import STAGES, run_command
from tests.stages.tree import contents

NOT_CONTENT = ("lock", "checkpoint.json", "curves/metrics.json")  # a checkpoint records the seconds it took


def test_the_manifest_lists_what_was_made(project: Path) -> None:
    manifest = read_manifest("plane")
    assert [o.id for o in manifest.objects] == [f"madeup-plane-{i:04d}" for i in range(4)]
    assert all(o.keypoints is not None and o.parts is not None for o in manifest.objects)
    assert len(manifest.cross_instance_pairs) == 4
    assert manifest.dropped == {}


def test_objects_fill_the_world_frame(project: Path) -> None:
    settings = load_settings()
    store = views_store(settings, "plane")
    for stored in read_receipt("render", "plane").objects:
        depth, rgba = store.read("depth", stored.row), store.read("rgba", stored.row)
        assert ((depth == 0) | ((depth > settings.camera.near) & (depth < settings.camera.far))).all()
        seen, opaque = depth > 0, rgba[..., 3] >= 128
        assert (seen & opaque).sum() / (seen | opaque).sum() > 0.75  # 32 x 32 pixels: mostly edge
        facts = store.done(stored.row)
        assert facts is not None
        assert facts.facts["cut_views"] == []
        assert 0.02 < facts.facts["foreground"] < 0.5


def test_metrics_are_numbers_in_their_range(project: Path) -> None:
    metrics = json.loads(Path("results/plane-daisy/metrics.json").read_text())
    assert set(metrics["transfer"]) == {"internal", "distilled", "daisy map"}
    for held in metrics["transfer"].values():
        assert held["pairs"] == 4
        shares = list(held["pck"].values())
        assert len(shares) == 4
        assert all(0 <= share <= 1 for share in shares)
        assert 0 <= held["iou"] <= 1
    assert metrics["synthesis"]["views"] == 4
    assert metrics["synthesis"]["rendered"]["psnr"] > 0


def test_the_report_holds_the_numbers_the_pictures_and_no_address(project: Path) -> None:
    page = Path("report/report.html").read_text()
    metrics = json.loads(Path("results/plane-daisy/metrics.json").read_text())
    assert f"{metrics['synthesis']['rendered']['psnr']:.2f}" in page
    assert f"{100 * metrics['transfer']['internal']['iou']:.1f}" in page
    assert page.count("data:image/png;base64,") >= 4
    assert "made up" in page or "Made-up" in page
    assert 'src="http' not in page
    assert 'href="http' not in page
    assert "rgb_fine" in page  # each loss term is shown


def test_training_lowered_the_loss(project: Path) -> None:
    rows = Path("curves/plane-daisy/total.tsv").read_text().split("\n")[1:-1]
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


def test_limit_does_some_and_a_later_run_the_rest(project: Path) -> None:
    before = contents(project, *NOT_CONTENT)
    for path in Path("stores/views").rglob("done/*.json"):
        path.unlink()
    assert run_command("render", "--limit", "1").exit_code == 0
    assert len(read_receipt("render", "plane").objects) == 1
    assert run_command("render").exit_code == 0
    assert contents(project, *NOT_CONTENT) == before


def test_changed_settings_are_another_store_and_changing_back_finds_the_first(project: Path) -> None:
    first = Path(read_receipt("render", "plane").store)
    before = contents(first, "lock")
    assert run_command("render", "--set", "render.lighting=unlit").exit_code == 0
    second = Path(read_receipt("render", "plane").store)
    assert second != first
    assert contents(first, "lock") == before
    result = run_command("render")
    assert "4 of 4 objects are there and verified" in result.output
    assert Path(read_receipt("render", "plane").store) == first


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
    from pipeline.images import over_black
    from pipeline.stages.stored_views import open_stored_views
    from pipeline.teachers.grid import foreground_cells
    from pipeline.teachers.teacher import make_teacher

    settings = load_settings()
    stored = open_stored_views(settings, "plane", "daisy")
    scale = json.loads((stored.maps.path / "scale.json").read_text())["rms"]
    key = stored.keys("train")[0]
    feature = stored.feature(key).astype(np.float32)
    depth = stored.views.read("depth", stored.rendered.rows()[key].row)
    cells = foreground_cells(depth > 0, "any")
    raw = make_teacher("daisy").maps(over_black(stored.rgba(key))) / scale
    np.testing.assert_allclose(feature[cells], raw[cells], rtol=2e-3, atol=1e-3)
    assert (feature[~cells] == 0).all()
    assert 0.3 < np.sqrt((feature[cells] ** 2).mean()) < 3

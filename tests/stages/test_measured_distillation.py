"""The distilled feature in a walked project: measured while training and in the evaluation, and told in the report."""

import json
from pathlib import Path

import numpy as np
import pytest

from eval.distillation.seen_objects import mean_training_feature
from eval.distillation_probe import ProbedObjects
from pipeline.artifacts.project import Project
from pipeline.artifacts.stored_views import StoredViews
from pipeline.config.settings import load_settings
from tests.stages.conftest import run_command
from train.objects.held_out_views import split_views

FIELD = "plane-daisy-whole"
KINDS = {"unseen-objects", "held-out-views"}


@pytest.fixture(scope="module")
def stored(walked: Path) -> StoredViews:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(walked)
        settings = load_settings(overrides=(f"storage.root={walked / 'stores'}",))
        return Project(settings).stored_views("plane", "daisy")


def test_the_constant_is_the_mean_of_training_cells_alone(stored: StoredViews) -> None:
    keys = stored.keys("train")
    maps = np.concatenate([stored.feature(key)[[0, 2]].reshape(-1, 384) for key in keys]).astype(np.float64)
    expected = maps[maps.any(axis=1)].mean(axis=0)
    np.testing.assert_allclose(mean_training_feature(stored, keys, split_views(4, 2)), expected, rtol=1e-6)


def test_a_probe_has_the_cells_of_the_stores(stored: StoredViews) -> None:
    keys, unseen = stored.keys("train"), stored.keys("test")
    probe = ProbedObjects(stored, keys, unseen, held_out_views=2).validation_probe()
    assert set(probe.objects) == KINDS
    held_out = probe.objects["held-out-views"]
    assert [seen.key for seen in held_out] == keys
    assert {target.view for seen in held_out for target in seen.targets} == {1, 3}
    assert {seen.source_view for seen in held_out} == {0, 2}
    for seen in (*held_out, *probe.objects["unseen-objects"]):
        for target in seen.targets:
            assert target.view != seen.source_view
            teacher_map = stored.feature(seen.key)[target.view]
            assert np.array_equal(target.teacher, teacher_map[(teacher_map != 0).any(axis=-1)])
            assert np.array_equal(target.pose, stored.pose(seen.key)[target.view])
            assert np.array_equal(target.intrinsics, stored.intrinsics(seen.key)[target.view])


def test_curves_metrics_and_card_hold_it(walked: Path) -> None:
    names = {path.stem for path in (walked / "curves" / FIELD).glob("*.tsv")}
    assert {"heldout_feature_r2", "heldout_feature_cosine"} <= names
    assert "validation_feature_r2" not in names  # this profile has no validation objects
    metrics = json.loads((walked / "results" / FIELD / "metrics.json").read_text())["distillation"]
    assert set(metrics) == KINDS
    statistics = json.loads((walked / "results" / FIELD / "statistics.json").read_text())["distillation"]
    for kind in KINDS:
        assert set(metrics[kind]) == {"r2", "cosine"}
        assert statistics[kind]["constant"]["r2"]["mean"] <= 0
        field = statistics[kind]["field"]["r2"]
        assert field["low"] < field["mean"] == metrics[kind]["r2"] < field["high"]
    card = (walked / "models" / FIELD / "README.md").read_text()
    assert "held-out views of training objects" in card
    assert "unseen objects" not in card


def test_the_last_validation_the_end_of_training_and_the_evaluation_agree(walked: Path) -> None:
    """Three ways to the held-out views of two objects: 4 views, one ray through each cell's centre."""
    last = (walked / "curves" / FIELD / "heldout_feature_r2.tsv").read_text().split()[-1]
    metrics = json.loads((walked / "results" / FIELD / "metrics.json").read_text())
    assert float(last) == pytest.approx(metrics["distillation"]["held-out-views"]["r2"], rel=1e-4)
    card = (walked / "models" / FIELD / "README.md").read_text()
    assert f"(R^2 {float(last):.2f} [" in card


def test_the_report_says_it_first(walked: Path) -> None:
    page = (walked / "report" / "report.html").read_text()
    section = page[page.index('<section class="category"') :]
    # Twenty steps teach nothing.
    assert section.index("The distilled feature is no better") < section.index("2D cross instance")
    assert section.index("The distilled feature is no better") < section.index('class="answers"')
    assert "constant mean feature" in section[section.index("explains the teacher</summary>") :]


def test_training_again_says_the_sentence_and_writes_the_same_card(project: Path) -> None:
    card = Path("models") / FIELD / "README.md"
    before = card.read_bytes()
    card.unlink()
    result = run_command("train")
    assert result.exit_code == 0
    assert "train plane-daisy-whole: The distilled feature is no better than the constant mean feature" in result.output
    assert card.read_bytes() == before

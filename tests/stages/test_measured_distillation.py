"""The distilled feature in a walked project: measured while training and in the evaluation, and told in the report."""

import json
from pathlib import Path

import numpy as np
import pytest

from eval.distillation.seen_objects import mean_training_feature
from eval.distillation_probe import ProbedObjects
from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings
from tests.stages.conftest import done
from train.objects.held_out_views import split_views

FIELD = "plane-daisy-whole"
KINDS = {"unseen-objects", "held-out-views"}


def test_the_probe_and_the_constant_are_those_of_the_stores(seen: Path) -> None:
    stored = Project(load_settings()).stored_views("plane", "daisy")
    keys, unseen = stored.keys("train"), stored.keys("test")
    maps = np.concatenate([stored.feature(key)[[0, 2]].reshape(-1, 384) for key in keys]).astype(np.float64)
    expected = maps[maps.any(axis=1)].mean(axis=0)
    np.testing.assert_allclose(mean_training_feature(stored, keys, split_views(4, 2)), expected, rtol=1e-6)

    probe = ProbedObjects(stored, keys, unseen, held_out_views=2).validation_probe()
    assert set(probe.objects) == KINDS
    held_out = probe.objects["held-out-views"]
    assert [probed.key for probed in held_out] == keys
    assert {target.view for probed in held_out for target in probed.targets} == {1, 3}
    assert {probed.source_view for probed in held_out} == {0, 2}
    for probed in (*held_out, *probe.objects["unseen-objects"]):
        for target in probed.targets:
            assert target.view != probed.source_view
            teacher_map = stored.feature(probed.key)[target.view]
            assert np.array_equal(target.teacher, teacher_map[(teacher_map != 0).any(axis=-1)])
            assert np.array_equal(target.pose, stored.pose(probed.key)[target.view])
            assert np.array_equal(target.intrinsics, stored.intrinsics(probed.key)[target.view])


def test_curves_metrics_card_and_report_hold_it_and_agree(seen: Path) -> None:
    """Three ways to the held-out views of two objects: 4 views, one ray through each cell's centre."""
    names = {path.stem for path in Path("curves", FIELD).glob("*.tsv")}
    assert {"heldout_feature_r2", "heldout_feature_cosine"} <= names
    assert "validation_feature_r2" not in names  # this profile has no validation objects
    metrics, statistics = (
        json.loads(Path("results", FIELD, name).read_text())["distillation"]
        for name in ("metrics.json", "statistics.json")
    )
    assert set(metrics) == KINDS
    for kind in KINDS:
        assert set(metrics[kind]) == {"r2", "cosine"}
        assert statistics[kind]["constant"]["r2"]["mean"] <= 0
        field = statistics[kind]["field"]["r2"]
        assert field["low"] < field["mean"] == metrics[kind]["r2"] < field["high"]
    last = float(Path("curves", FIELD, "heldout_feature_r2.tsv").read_text().split()[-1])
    assert last == pytest.approx(metrics["held-out-views"]["r2"], rel=1e-4)
    card = Path("models", FIELD, "README.md").read_text()
    assert f"(R^2 {last:.2f} [" in card
    assert "held-out views of training objects" in card and "unseen objects" not in card
    page = Path("report/report.html").read_text()
    section = page[page.index('<section class="category"') :]
    # Twenty steps teach nothing.
    verdict = section.index("The distilled feature is no better")
    assert verdict < section.index("2D cross instance") and verdict < section.index('class="answers"')
    assert "constant mean feature" in section[section.index("explains the teacher</summary>") :]


def test_training_again_says_the_sentence_and_writes_the_same_card(project: Path) -> None:
    card = Path("models") / FIELD / "README.md"
    before = card.read_bytes()
    card.unlink()
    sentence = "train plane-daisy-whole: The distilled feature is no better than the constant mean feature"
    assert sentence in done("train")
    assert card.read_bytes() == before

"""What evaluation does only where it is asked to: LPIPS, a single pair, a field without training or without labels."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from eval.evaluation_inputs import EvaluationInputs
from eval.views import ViewLabels
from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings
from pipeline.datasets.records import ObjectKey
from tests.eval.lpips_weights import write_alexnet
from tests.stages.conftest import done, refused, with_settings
from tests.stages.tree import contents

RESULTS = Path("results/plane-daisy-whole")
STATISTICS = RESULTS / "statistics.json"
LPIPS = with_settings("evaluate.lpips=alex")


@pytest.mark.long
def test_lpips_stands_in_metrics_and_report(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = json.loads(STATISTICS.read_text())["synthesis"]
    write_alexnet(project / "torch")
    monkeypatch.setenv("TORCH_HOME", str(project / "torch"))
    done("evaluate", *LPIPS)
    now = json.loads(STATISTICS.read_text())["synthesis"]
    for name in ("rendered", "source_image"):
        assert now[name].pop("lpips")["mean"] > 0
        assert before[name].pop("lpips") is None
    assert now == before
    done("report", *LPIPS)
    page = Path("report/report.html").read_text()
    assert ">LPIPS</th>" in page and "LPIPS was not measured" not in page


def test_lpips_without_weights_stops_before_anything_is_written(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(project)
    monkeypatch.setenv("TORCH_HOME", str(project / "none"))
    said = refused("evaluate", *LPIPS)
    assert "alexnet-owt-7be5be79.pth (evaluate.lpips) are missing; get them" in said
    assert contents(project) == before


@pytest.mark.long
def test_a_field_that_was_not_trained_is_measured_and_said_to_be_one(project: Path) -> None:
    for stage in ("train", "evaluate", "report"):
        done(stage, *with_settings("train.steps=0"))
    assert "Untrained: whole field made 0 steps" in Path("report/report.html").read_text()
    assert json.loads(STATISTICS.read_text())["transfer"]["2d-cross-instance"]["internal"]["pairs"] == 2


def test_views_that_show_nothing_are_no_crash(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A paper-thin object seen edge-on: no foreground, hence no part and no keypoint."""
    whole = EvaluationInputs.view_labels

    def nothing(inputs: EvaluationInputs, key: ObjectKey, view: int) -> ViewLabels:
        labels = whole(inputs, key, view)
        names = ("foreground", "part", "keypoint_visible")
        return replace(labels, **{name: np.zeros_like(getattr(labels, name)) for name in names})

    monkeypatch.setattr(EvaluationInputs, "view_labels", nothing)
    for stage in ("evaluate", "report"):
        done(stage)
    page = Path("report/report.html").read_text()
    assert "The views of the test objects show nothing." in page
    assert "has a keypoint or a part in common." in page


def test_a_single_transfer_is_drawn_and_said_and_nothing_else_is_touched(project: Path) -> None:
    before = contents(project / "results")
    source, target = (item.id for item in Project(load_settings()).manifest("plane").objects[:2])
    for pair, message in (
        (("plain", target, "1"), "'plain' is no object of plane that is rendered, cached and labelled"),
        ((source[:-1] + "x", target, "1"), "did you mean madeup-plane-"),
        ((source, target, "4"), "there is no view 4: they count from 0, and camera.views is 4."),
    ):
        assert message in refused("evaluate", "--pair", *pair)
    said = done("evaluate", "--pair", source, target, "1")
    for name in ("internal", "distilled", "daisy map", "position"):
        assert f"evaluate plane-daisy-whole: {name}: " in said
    with Image.open(RESULTS / "pairs" / f"{source}-{target}-1.png") as drawn:
        assert min(drawn.size) > 500
    assert contents(project / "results", "/pairs/") == before

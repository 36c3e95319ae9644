"""What evaluation does only where it is asked to: LPIPS, the maps of other teachers, a field without training."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eval.evaluation_inputs import EvaluationInputs
from eval.views import ViewLabels
from pipeline.datasets.records import ObjectKey
from tests.eval.lpips_weights import write_alexnet
from tests.stages.conftest import run_command
from tests.stages.tree import contents
from tests.teachers.timm_weights import model_of, random_state, save

STATISTICS = Path("results/plane-daisy-whole/statistics.json")


@pytest.mark.long
def test_lpips_stands_in_metrics_and_report(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = json.loads(STATISTICS.read_text())["synthesis"]
    write_alexnet(project / "torch")
    monkeypatch.setenv("TORCH_HOME", str(project / "torch"))
    chosen = ["--set", "evaluate.lpips=alex"]
    result = run_command("evaluate", *chosen)
    assert result.exit_code == 0, result.output
    now = json.loads(STATISTICS.read_text())["synthesis"]
    for name in ("rendered", "source_image"):
        assert now[name].pop("lpips")["mean"] > 0
        assert before[name].pop("lpips") is None
    assert now == before
    assert run_command("report", *chosen).exit_code == 0
    page = Path("report/report.html").read_text()
    assert ">LPIPS</th>" in page
    assert "LPIPS was not measured" not in page


def test_lpips_without_weights_stops_before_anything_is_written(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(project)
    monkeypatch.setenv("TORCH_HOME", str(project / "none"))
    result = run_command("evaluate", "--set", "evaluate.lpips=alex")
    assert result.exit_code == 2
    assert "alexnet-owt-7be5be79.pth (evaluate.lpips) are missing; get them" in result.output
    assert contents(project) == before


@pytest.mark.long
def test_another_teachers_map_is_a_baseline_too(project: Path) -> None:
    before = json.loads(STATISTICS.read_text())
    save(random_state(model_of("dino")), project / "dino.safetensors")
    dino, chosen = (
        ["--set", "networks.dino.weights=dino.safetensors"],
        ["--set", "evaluate.other_teachers=[dino, daisy]"],
    )
    missing = run_command("evaluate", *dino, *chosen)
    assert missing.exit_code == 2
    assert "run `pipeline fit-projection --category plane --teacher dino` first" in missing.output
    for stage in ("fit-projection", "cache-teachers"):
        assert run_command(stage, "--teacher", "dino", *dino).exit_code == 0
    assert json.loads(STATISTICS.read_text()) == before
    assert run_command("evaluate", *dino, *chosen).exit_code == 0
    held = json.loads(STATISTICS.read_text())
    for task, of_task in held["transfer"].items():
        assert set(of_task) == {"internal", "distilled", "daisy map", "dino map", "position", "chance"}
        assert of_task["dino map"]["pairs"] == of_task["daisy map"]["pairs"]
        assert of_task["dino map"] != of_task["daisy map"]
        assert of_task["daisy map"] == before["transfer"][task]["daisy map"]
        assert "internal - dino map" in held["differences"][task]
    stale = run_command("report")
    assert stale.exit_code == 2
    assert "is of other settings or data" in stale.output
    assert run_command("report", *dino, *chosen).exit_code == 0
    page = Path("report/report.html").read_text()
    assert page.index("internal − daisy map") < page.index("internal − dino map")


@pytest.mark.long
def test_a_field_that_was_not_trained_is_measured_and_said_to_be_one(project: Path) -> None:
    for stage in ("train", "evaluate", "report"):
        result = run_command(stage, "--set", "train.steps=0")
        assert result.exit_code == 0, f"{stage}: {result.output}"
    page = Path("report/report.html").read_text()
    assert "Untrained: whole field made 0 steps" in page
    assert json.loads(STATISTICS.read_text())["transfer"]["2d-cross-instance"]["internal"]["pairs"] == 2


def test_views_that_show_nothing_are_no_crash(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A paper-thin object seen edge-on: no foreground, hence no part and no keypoint."""
    whole = EvaluationInputs.view_labels

    def nothing(inputs: EvaluationInputs, key: ObjectKey, view: int) -> ViewLabels:
        labels = whole(inputs, key, view)
        return replace(
            labels,
            foreground=np.zeros_like(labels.foreground),
            part=np.zeros_like(labels.part),
            keypoint_visible=np.zeros_like(labels.keypoint_visible),
        )

    monkeypatch.setattr(EvaluationInputs, "view_labels", nothing)
    for stage in ("evaluate", "report"):
        result = run_command(stage)
        assert result.exit_code == 0, f"{stage}: {result.output}"
    page = Path("report/report.html").read_text()
    assert "The views of the test objects show nothing." in page
    assert "has a keypoint or a part in common." in page

"""Fields that lack a part of the method: trained, evaluated and shown beside the whole one."""

import json
from pathlib import Path

import pytest

from pipeline.config.field_name import FieldName
from pipeline.config.names import VARIANTS
from pipeline.config.settings import load_settings
from tests.stages.conftest import run_command
from tests.stages.tree import contents


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_name_is_read_back(variant: str) -> None:
    field = FieldName("my-own-plane", "daisy", variant)  # type: ignore[arg-type]
    assert FieldName.parse(field.instance) == field


def test_what_names_no_field_is_none() -> None:
    assert FieldName.parse("plane") is None
    assert FieldName.parse("daisy") is None
    assert FieldName.parse("plane-pixelnerf") is None


def test_weights_are_those_of_the_ablation(project: Path) -> None:
    settings = load_settings()
    assert settings.train.feature_weight > 0
    assert settings.train.coordinate_weight > 0
    weights = {}
    for ablation in VARIANTS[1:]:
        train = FieldName("plane", "daisy", ablation).change(settings.train)
        weights[ablation] = (train.feature_weight > 0, train.coordinate_weight > 0)
    assert weights == {
        "no-coordinate-loss": (True, False),
        "no-feature-loss": (False, True),
        "pixelnerf": (False, False),
    }


def test_ablations_stand_beside_the_whole_field(project: Path) -> None:
    whole = contents(Path("models"))
    chosen = ["--set", "fields=[whole, pixelnerf]"]
    missing = run_command("report", *chosen)
    assert missing.exit_code == 2
    assert "run `pipeline train --category plane --teacher daisy --field pixelnerf` first" in missing.output
    for stage in ("train", "evaluate"):
        result = run_command(stage, "--field", "pixelnerf")
        assert result.exit_code == 0, result.output
        assert "distilled" not in result.output
    assert not list(Path("curves/plane-daisy-pixelnerf").glob("*_feature_*"))
    assert "distil" not in Path("models/plane-daisy-pixelnerf/README.md").read_text()
    assert {name: digest for name, digest in contents(Path("models")).items() if name in whole} == whole
    held = json.loads(Path("results/plane-daisy-pixelnerf/statistics.json").read_text())
    assert held["distillation"] == {}
    # What was taught no feature has none to distil.
    assert all(set(of_task) == {"internal", "daisy map", "position", "chance"} for of_task in held["transfer"].values())
    assert run_command("report", *chosen).exit_code == 0
    page = Path("report/report.html").read_text()
    assert "internal, pixelnerf" in page
    assert "distilled, pixelnerf" not in page
    assert "whole field − pixelnerf" in page  # rendered views, too
    assert f"{held['synthesis']['rendered']['psnr']['mean']:.2f}" in page

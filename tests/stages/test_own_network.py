"""A teacher that is not built in, through the stages: an entry in params.yaml is all that it takes."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.artifacts.project import Project
from pipeline.config.settings import load_settings
from tests.stages.conftest import run_command
from tests.stages.tree import contents
from tests.teachers.timm_weights import random_state, save

STAGES = ("fit-projection", "cache-teachers", "train", "evaluate", "report")
NETWORKS: dict[str, dict[str, Any]] = {
    "mine": {"kind": "timm-vit", "model": "test_vit3.r160_in1k", "input_size": 64},
    "small_cnn": {"kind": "timm-cnn", "model": "test_resnet.r160_in1k", "input_size": 64},
}


@pytest.fixture
def own(project: Path) -> Path:
    """The project with the teachers [daisy, mine, small_cnn]."""
    tree = yaml.safe_load(Path("params.yaml").read_text())
    tree["teachers"] = ["daisy", *NETWORKS]
    for name, entry in NETWORKS.items():
        file = save(random_state(entry["model"]), project / f"{name}.safetensors")
        tree["networks"][name] = {**entry, "weights": file.name}
    Path("params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    return project


def test_networks_of_ones_own_go_through_all_stages(own: Path) -> None:
    before = contents(own)
    assert run_command("plan").exit_code == 0
    assert contents(own) == before
    for stage in STAGES:
        for name in NETWORKS if stage != "report" else ["daisy"]:
            words = [] if stage == "report" else ["--teacher", name]
            result = run_command(stage, *words)
            assert result.exit_code == 0, f"{stage}: {result.output}"
    channels = {"mine": 96, "small_cnn": 96 + 192}
    page = Path("report/report.html").read_text()
    for name in NETWORKS:
        fitted = json.loads(Path(f"receipts/fit-projection/plane-{name}.json").read_text())
        assert fitted["raw_channels"] == channels[name]
        stored = Project(load_settings()).stored_views("plane", name)
        assert stored.feature(stored.keys("test")[0]).shape == (4, 8, 8, min(384, channels[name]))
        statistics = json.loads(Path(f"results/plane-{name}-whole/statistics.json").read_text())
        assert all(f"{name} map" in of_task for of_task in statistics["transfer"].values())
        assert f"{name} map" in page


def test_its_settings_decide_on_its_maps_and_nobody_elses(own: Path) -> None:
    def about(teacher: str, *overrides: str) -> object:
        project = Project(load_settings(overrides=overrides))
        return project.projection_inputs(project.manifest("plane"), teacher, project.views("plane")).about

    change = "networks.mine.block=2"
    assert about("mine") != about("mine", change)
    assert about("daisy") == about("daisy", change)
    # The weights' content is in the fingerprint by another way, see test_learned_teachers.py.
    assert about("mine") == about("mine", "networks.mine.licence=MIT", "networks.mine.weights=elsewhere.pth")


def test_dvc_reads_its_settings_where_it_reads_those_of_all_networks(own: Path) -> None:
    graph = yaml.safe_load((Path(__file__).resolve().parents[2] / "dvc.yaml").read_text())["stages"]
    expanded = yaml.safe_load(run_command("profile", "--expand").output)
    for stage in ("fit-projection", "cache-teachers", "train", "evaluate"):
        (named,) = [keys["settings.yaml"] for keys in graph[stage]["params"] if "settings.yaml" in keys]
        assert "networks.${item.teacher}" in named
    assert expanded["networks"]["mine"]["model"] == NETWORKS["mine"]["model"]


def test_a_network_that_is_not_supported_is_refused_by_the_plan_and_the_stage(own: Path) -> None:
    words = ["--teacher", "mine", "--set", "networks.mine.model=swin_tiny_patch4_window7_224"]
    before = contents(own)
    for stage in ("plan", "fit-projection"):
        result = run_command(stage, *words)
        assert result.exit_code == 2
        assert "swin_tiny_patch4_window7_224 cannot be a timm-vit teacher, it is a SwinTransformer" in result.output
    assert contents(own) == before

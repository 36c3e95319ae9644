"""Teachers with weights, through the stages: two columns side by side, and what becomes of weights that are missing,
other ones, or wrong."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import read_receipt
from pipeline.config.settings import load_settings
from tests.stages.conftest import run_command
from tests.stages.tree import contents
from tests.teachers.timm_weights import model_of, random_state, save
from tests.teachers.tiny_diffusion import write_tiny_diffusion

STAGES = ("fit-projection", "cache-teachers", "train", "evaluate")
WEIGHTS = "dino.safetensors"


@pytest.fixture
def dino(project: Path) -> Path:
    """The project with teachers [daisy, dino] and random weights of dino."""
    tree = yaml.safe_load(Path("params.yaml").read_text())
    tree["teachers"] = ["daisy", "dino"]
    tree["networks"]["dino"] = {"weights": WEIGHTS}
    Path("params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    save(random_state(model_of("dino")), project / WEIGHTS)
    return project


def test_two_teachers_are_two_columns_and_maps_are_read_without_the_weights(dino: Path) -> None:
    daisys = contents(dino / "results" / "plane-daisy-whole")
    for stage in STAGES:
        result = run_command(stage, "--teacher", "dino")
        assert result.exit_code == 0, f"{stage}: {result.output}"
        if stage == "cache-teachers":
            Path(WEIGHTS).unlink()
    result = run_command("cache-teachers", "--teacher", "dino")
    assert result.exit_code == 2
    assert "the weights dino.safetensors (networks.dino.weights) are missing" in result.output
    assert run_command("report").exit_code == 0
    fitted = json.loads(Path("receipts/fit-projection/plane-dino.json").read_text())
    assert fitted["divisor"] == 1  # DINO's maps stay raw, as published
    assert fitted["rms"] > 0
    statistics = json.loads(Path("results/plane-dino-whole/statistics.json").read_text())
    for of_task in statistics["transfer"].values():
        assert set(of_task) == {"internal", "distilled", "dino map", "position", "chance"}
    assert contents(dino / "results" / "plane-daisy-whole") == daisys
    page = Path("report/report.html").read_text()
    assert "dino map" in page
    assert "daisy map" in page
    stored = Project(load_settings()).stored_views("plane", "dino")
    assert stored.feature(stored.keys("test")[0]).shape == (4, 8, 8, 384)


def test_a_diffusion_model_is_projected_and_cached(project: Path) -> None:
    write_tiny_diffusion(project / "model")
    words = ["--teacher", "ldm", "--set", "networks.ldm.weights=model", "--set", "fit-projection.channels=5"]
    for stage in STAGES[:2]:
        result = run_command(stage, *words)
        assert result.exit_code == 0, f"{stage}: {result.output}"
    fitted = json.loads(Path("receipts/fit-projection/plane-ldm.json").read_text())
    assert fitted["raw_channels"] > fitted["channels"] == 5
    assert 0.3 < fitted["explained_variance"] < 1
    stored = Project(load_settings(overrides=tuple(words[3::2]))).stored_views("plane", "ldm")
    before = {key: stored.feature(key) for key in stored.keys("test")}
    assert run_command("cache-teachers", *words, "--overwrite", "--set", "machine.views_per_batch=3").exit_code == 0
    for key, feature in before.items():  # noise belongs to a view, not to a batch
        np.testing.assert_allclose(stored.feature(key).astype(float), feature.astype(float), atol=2e-3, rtol=2e-3)


@pytest.mark.parametrize(
    ("teacher", "command"),
    [
        ("dino", "hf download timm/vit_small_patch8_224.dino"),
        ("dinov2", "hf download timm/vit_small_patch14_dinov2.lvd142m"),
        ("dinov3", "hf download timm/vit_small_patch16_dinov3.lvd1689m"),
        ("ldm", "hf download stable-diffusion-v1-5/stable-diffusion-v1-5"),
    ],
)
def test_missing_weights_are_said_with_the_command_that_gets_them(
    project: Path, monkeypatch: pytest.MonkeyPatch, teacher: str, command: str
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(project / "no-cache"))
    monkeypatch.setenv("TORCH_HOME", str(project / "no-cache"))
    before = contents(project)
    for stage in ("fit-projection", "cache-teachers"):
        result = run_command(stage, "--teacher", teacher)
        assert result.exit_code == 2
        if stage == "fit-projection":
            assert command in result.output
            assert result.output.count("\n") == 1
    assert contents(project) == before


def test_other_weights_are_other_maps(dino: Path) -> None:
    for stage in STAGES[:2]:
        assert run_command(stage, "--teacher", "dino").exit_code == 0
    first = read_receipt("cache-teachers", "plane-dino").store
    save(random_state(model_of("dino"), seed=1), Path(WEIGHTS))
    result = run_command("cache-teachers", "--teacher", "dino")  # what reads maps needs no weights
    assert result.exit_code == 2
    assert "the projection of plane-dino was fitted with other weights: run" in result.output
    for stage in STAGES[:2]:
        assert run_command(stage, "--teacher", "dino").exit_code == 0
    assert read_receipt("cache-teachers", "plane-dino").store != first


def test_a_wrong_checkpoint_is_refused(dino: Path) -> None:
    state = random_state(model_of("dino"))
    del state["blocks.3.attn.qkv.weight"]
    save(state, Path(WEIGHTS))
    before = contents(dino / "receipts")
    result = run_command("fit-projection", "--teacher", "dino")
    assert result.exit_code == 2
    assert "lack 'blocks.3.attn.qkv.weight'" in result.output
    assert contents(dino / "receipts") == before


def test_values_beyond_half_precision_are_no_maps(dino: Path) -> None:
    state = random_state(model_of("dino"))
    state["blocks.9.attn.qkv.weight"] *= 1e6
    save(state, Path(WEIGHTS))
    assert run_command("fit-projection", "--teacher", "dino").exit_code == 0
    result = run_command("cache-teachers", "--teacher", "dino")
    assert result.exit_code == 2
    assert "every object failed" in result.output
    assert "not finite in fp16" in result.output
    assert not Path("receipts/cache-teachers/plane-dino.json").exists()


def test_the_input_size_must_be_a_multiple_of_the_patch_size(dino: Path) -> None:
    result = run_command("fit-projection", "--teacher", "dino", "--set", "networks.dino.input_size=60")
    assert result.exit_code == 2
    assert "set it to 64 for the 8 x 8 cells of the camera's 32 pixels" in result.output

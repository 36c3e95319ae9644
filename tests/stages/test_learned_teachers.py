"""Teachers with weights, built in and of one's own, through the stages: columns side by side, and what becomes of
weights that are missing, other ones, or wrong."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import read_receipt
from pipeline.config.settings import load_settings
from tests.stages.conftest import done, refused, with_settings
from tests.stages.tree import contents
from tests.teachers.timm_weights import random_state, save
from tests.teachers.tiny_diffusion import write_tiny_diffusion

FIT = ("fit-projection", "cache-teachers")
VIT, CNN = "test_vit3.r160_in1k", "test_resnet.r160_in1k"
NETWORKS: dict[str, dict[str, Any]] = {
    "mine": {"kind": "timm-vit", "model": VIT, "input_size": 64, "facet": "key", "own_scale": True},
    "small_cnn": {"kind": "timm-cnn", "model": CNN, "input_size": 64},
}
MINE, WEIGHTS = ("--teacher", "mine"), Path("mine.safetensors")


@pytest.fixture
def own(project: Path) -> Path:
    """The project with the teachers [daisy, mine], and a network small_cnn."""
    tree = yaml.safe_load(Path("params.yaml").read_text())
    tree["teachers"] = ["daisy", "mine"]
    for name, entry in NETWORKS.items():
        file = save(random_state(entry["model"]), project / f"{name}.safetensors")
        tree["networks"][name] = {**entry, "weights": file.name}
    Path("params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    return project


def receipt(teacher: str) -> dict[str, Any]:
    held: dict[str, Any] = json.loads(Path(f"receipts/fit-projection/plane-{teacher}.json").read_text())
    return held


def test_two_teachers_are_two_columns_and_maps_are_read_without_the_weights(own: Path) -> None:
    before = contents(own)
    done("plan")
    assert contents(own) == before
    daisys = contents(own / "results" / "plane-daisy-whole")
    for stage in FIT:
        done(stage, *MINE)
    assert receipt("mine")["divisor"] == 1  # maps that stay raw, as published for DINO
    assert receipt("mine")["rms"] > 0 and receipt("mine")["raw_channels"] == 96
    WEIGHTS.unlink()
    assert "the weights mine.safetensors (networks.mine.weights) are missing" in refused("cache-teachers", *MINE)
    for words in (("train", *MINE), ("evaluate", *MINE), ("report",)):
        done(*words)
    statistics = json.loads(Path("results/plane-mine-whole/statistics.json").read_text())
    for of_task in statistics["transfer"].values():
        assert set(of_task) == {"internal", "distilled", "mine map", "position", "chance"}
    assert contents(own / "results" / "plane-daisy-whole") == daisys
    page = Path("report/report.html").read_text()
    assert "mine map" in page and "daisy map" in page
    stored = Project(load_settings()).stored_views("plane", "mine")
    assert stored.feature(stored.keys("test")[0]).shape == (4, 8, 8, 96)


@pytest.mark.long
def test_another_teachers_map_is_a_baseline_too(own: Path) -> None:
    statistics = Path("results/plane-daisy-whole/statistics.json")
    before = json.loads(statistics.read_text())
    chosen = with_settings("teachers=[daisy]", "evaluate.other_teachers=[small_cnn, daisy]")
    assert "run `pipeline fit-projection --category plane --teacher small_cnn` first" in refused("evaluate", *chosen)
    for stage in FIT:
        done(stage, "--teacher", "small_cnn")
    assert receipt("small_cnn")["raw_channels"] == 96 + 192
    assert json.loads(statistics.read_text()) == before
    done("evaluate", *chosen)
    held = json.loads(statistics.read_text())
    for task, of_task in held["transfer"].items():
        assert set(of_task) == {"internal", "distilled", "daisy map", "small_cnn map", "position", "chance"}
        assert of_task["small_cnn map"]["pairs"] == of_task["daisy map"]["pairs"]
        assert of_task["small_cnn map"] != of_task["daisy map"] == before["transfer"][task]["daisy map"]
        assert "internal - small_cnn map" in held["differences"][task]
    assert "is of other settings or data" in refused("report", *chosen[:2])
    done("report", *chosen)
    page = Path("report/report.html").read_text()
    assert page.index("internal − daisy map") < page.index("internal − small_cnn map")


def test_a_diffusion_model_is_projected_and_cached(project: Path) -> None:
    write_tiny_diffusion(project / "model")
    chosen = ("networks.ldm.weights=model", "fit-projection.channels=5")
    words = ["--teacher", "ldm", *with_settings(*chosen)]
    for stage in FIT:
        done(stage, *words)
    fitted = receipt("ldm")
    assert fitted["raw_channels"] > fitted["channels"] == 5
    assert 0.3 < fitted["explained_variance"] < 1
    stored = Project(load_settings(overrides=chosen)).stored_views("plane", "ldm")
    before = {key: stored.feature(key) for key in stored.keys("test")}
    done("cache-teachers", *words, "--overwrite", "--set", "machine.views_per_batch=3")
    for key, feature in before.items():  # noise belongs to a view, not to a batch
        np.testing.assert_allclose(stored.feature(key).astype(float), feature.astype(float), atol=2e-3, rtol=2e-3)


def test_other_weights_are_other_maps(own: Path) -> None:
    for stage in FIT:
        done(stage, *MINE)
    first = read_receipt("cache-teachers", "plane-mine").store
    save(random_state(VIT, seed=1), WEIGHTS)
    said = refused("cache-teachers", *MINE)  # what reads maps needs no weights
    assert "the projection of plane-mine was fitted with other weights: run" in said
    for stage in FIT:
        done(stage, *MINE)
    assert read_receipt("cache-teachers", "plane-mine").store != first


def test_what_cannot_be_a_teacher_is_refused(own: Path) -> None:
    swin, before = "swin_tiny_patch4_window7_224", contents(own)
    for words, message in (
        (["fit-projection", "--set", "networks.mine.weights=gone.pth"], "the weights gone.pth (networks.mine.weights)"),
        (["fit-projection", "--set", "networks.mine.input_size=60"], "set it to 128 for the 8 x 8 cells of the camera"),
        (["plan", "--set", f"networks.mine.model={swin}"], f"{swin} cannot be a timm-vit teacher, it is a SwinTran"),
        (["fit-projection", "--set", f"networks.mine.model={swin}"], f"{swin} cannot be a timm-vit teacher"),
    ):
        assert message in refused(*words, *MINE)
    assert contents(own) == before

    state = random_state(VIT)
    save({name: value for name, value in state.items() if name != "blocks.1.attn.qkv.weight"}, WEIGHTS)
    assert "lack 'blocks.1.attn.qkv.weight'" in refused("fit-projection", *MINE)
    assert contents(own / "receipts") == {
        name.removeprefix("receipts/"): sha for name, sha in before.items() if name.startswith("receipts/")
    }

    # Values beyond half precision are no maps.
    save({name: value * (1e6 if "qkv.weight" in name else 1) for name, value in state.items()}, WEIGHTS)
    done("fit-projection", *MINE)
    said = refused("cache-teachers", *MINE)
    assert "every object failed" in said and "not finite in fp16" in said
    assert not Path("receipts/cache-teachers/plane-mine.json").exists()


def test_a_networks_settings_decide_on_its_maps_and_nobody_elses(own: Path) -> None:
    def about(teacher: str, *overrides: str) -> object:
        opened = Project(load_settings(overrides=overrides))
        return opened.projection_inputs(opened.manifest("plane"), teacher, opened.views("plane")).about

    change = "networks.mine.block=1"
    assert about("mine") != about("mine", change)
    assert about("daisy") == about("daisy", change)
    # The weights' content is in the fingerprint by another way, see above.
    assert about("mine") == about("mine", "networks.mine.licence=MIT", "networks.mine.weights=elsewhere.pth")
    expanded = yaml.safe_load(done("profile", "--expand"))  # where DVC reads them
    assert expanded["networks"]["mine"]["model"] == VIT

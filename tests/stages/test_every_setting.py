"""Any value of params.yaml may be changed: the stages succeed, and changing it back finds what was there."""

import copy
import shutil
from collections.abc import Iterator
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.config.profiles import profile_text
from pipeline.config.settings import parse_settings
from tests.stages.conftest import STAGES, run_command
from tests.stages.tree import contents

SMOKE: dict[str, Any] = yaml.safe_load(profile_text("smoke"))
# Where another value is not just a larger number.
OTHER: dict[str, Any] = {
    "categories": ["chair"],
    "storage.root": "elsewhere",
    "storage.prepared_meshes": False,
    "machine.device": "cpu",
    "manifest.objects": 3,
    "manifest.fractions": [0.25, 0.25, 0.5],
    "camera.size": 40,
    "render.lighting": "unlit",
    "render.blender.engine": "workbench",
    "machine.compile": True,
    "machine.cuda_graph": False,
    "machine.residency": "stream",
    "machine.residency_gib": 0.001,
    "cache-teachers.foreground": "nearest",
    "cache-teachers.foreground_from": "alpha",
    "cache-teachers.input": "rgb",
    "cache-teachers.precision": "bf16",
    "cache-teachers.dtype": "int8",
    "train.epochs": 8,
    "train.draws": "epochs",
    "train.density_start": "kaiming",
    "train.feature_border": "zero",
    "train.pixel_centres": "corner",
    "train.encoder": "resnet34",
    "train.held_out_views": 1,
    "train.batch_statistics": "frozen",
    "train.precision": "bf16",
    "train.learning_rate_schedule": "cosine",
    "train.final_learning_rate": 0.0001,
    "evaluate.pck_pixels": [3.0],
    "evaluate.pck_edges": [0.2],
    "evaluate.pck_unit": "world",
    "evaluate.keypoint_pixels": "index",
    "evaluate.unlabelled_points": "compete",
}
# What needs files, drivers or teachers that this test does not have; other tests change them.
ELSEWHERE = {
    "teachers", "fields", "machine.scheduler", "manifest.splits", "render.backend", "train.encoder_weights",
    "train.initial_checkpoint", "evaluate.other_teachers", "evaluate.lpips",
}  # fmt: skip


def leaves(tree: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{above}{key}.")
        else:
            yield above + key, value


# Other networks change nothing here: tests/teachers/teacher_cases.py changes each of their values.
USED = [key for key, _ in leaves(SMOKE) if not key.startswith(("source.", "networks.")) and key not in ELSEWHERE]
KEYS = [*USED, "networks.daisy.radius"]
# Several at once, of different sections: a walk through all stages takes seconds.
WALKS = -(-len(KEYS) // 12)
GROUPS = [tuple(KEYS[first::WALKS]) for first in range(WALKS)]


def changed(keys: tuple[str, ...]) -> dict[str, Any]:
    tree = copy.deepcopy(SMOKE)
    for key in keys:
        *sections, leaf = key.split(".")
        inner = reduce(getitem, sections, tree)
        value = inner[leaf]
        inner[leaf] = OTHER[key] if key in OTHER else value + (1 if isinstance(value, int) else 0.1 * value)
    return tree


def test_every_changed_value_is_a_setting_and_another_one() -> None:
    assert sorted(key for group in GROUPS for key in group) == sorted(KEYS)
    smoke = parse_settings(SMOKE, "params.yaml")
    for key in KEYS:
        assert parse_settings(changed((key,)), "params.yaml") != smoke, key


@pytest.fixture(scope="module")
def shared(walked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("settings") / "project"
    shutil.copytree(walked, folder)
    return folder


def failures(tree: dict[str, Any]) -> dict[str, str]:
    """What the stages that fail say, walking through all of them with these settings."""
    Path("params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    results = {stage: run_command(stage) for stage in STAGES}
    return {stage: result.output for stage, result in results.items() if result.exit_code}


@pytest.mark.long
@pytest.mark.parametrize("keys", GROUPS, ids="+".join)
def test_changed_values_run(shared: Path, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...]) -> None:
    monkeypatch.chdir(shared)
    assert failures(changed(keys)) == {}


@pytest.mark.long
def test_changing_back_finds_what_was_there(walked: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shared)
    assert failures(SMOKE) == {}
    for out in ("receipts", "data_manifests", "models", "curves", "results", "report"):
        before, now = contents(walked / out), contents(shared / out)
        assert {name: now.get(name) for name in before} == before

"""Any value of params.yaml may be changed: the stages succeed, and changing it back finds what was there."""

import copy
import shutil
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from pipeline.config.profiles import profile_text
from pipeline.config.settings import Settings, parse_settings
from tests.pipeline.test_settings import leaves
from tests.stages.conftest import STAGES, run_command
from tests.stages.tree import contents

SMOKE: dict[str, Any] = yaml.safe_load(profile_text("smoke"))
# Where another value is not just a larger number, the other truth or the next word.
OTHER: dict[str, Any] = {
    "categories": ["chair"],
    "storage.root": "elsewhere",
    "manifest.objects": 3,
    "manifest.fractions": [0.25, 0.25, 0.5],
    "camera.size": 40,
    "machine.residency": "stream",
    "machine.residency_gib": 0.001,
    "train.epochs": 8,
    "train.training_objects": 2,
    "train.held_out_views": 1,
    "train.final_learning_rate": 0.0001,
    "evaluate.pck_pixels": [3.0],
    "evaluate.pck_edges": [0.2],
}
# What needs files, drivers or teachers that this test does not have; other tests change them.
ELSEWHERE = (
    "source.", "networks", "teachers", "fields", "machine.scheduler", "manifest.splits", "render.backend",
    "train.encoder_weights", "train.initial_checkpoint", "evaluate.other_teachers", "evaluate.lpips",
)  # fmt: skip
TYPES = dict(leaves(Settings))
# Other networks change nothing here: tests/teachers/teacher_cases.py changes each of their values.
KEYS = [*(key for key in TYPES if not key.startswith(ELSEWHERE)), "networks.daisy.radius"]
# Several at once, of different sections: a walk through all stages takes seconds.
WALKS = -(-len(KEYS) // 12)
GROUPS = [tuple(KEYS[first::WALKS]) for first in range(WALKS)]


def other(key: str, value: Any) -> Any:
    """Another value of a setting."""
    words = get_args(TYPES.get(key))
    if key in OTHER:
        return OTHER[key]
    if isinstance(value, bool):
        return not value
    if value in words:
        return words[value == words[0]]
    return value + (1 if isinstance(value, int) else 0.1 * value)


def changed(keys: tuple[str, ...]) -> dict[str, Any]:
    tree = copy.deepcopy(SMOKE)
    for key in keys:
        *sections, leaf = key.split(".")
        inner = reduce(getitem, sections, tree)
        inner[leaf] = other(key, inner[leaf])
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

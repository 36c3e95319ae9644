"""The graph in dvc.yaml: the same stages, run by need."""

import json
import random
import re
import shutil
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.cli import main
from pipeline.config.profiles import profile_file
from pipeline.config.settings import Settings
from tests.stages.code_dependencies import MADE_ANEW, PACKAGES, imports_of, with_dependencies
from tests.stages.conftest import ROOT, as_user

MADE = ("receipts", "data_manifests", "models", "curves", "results", "settings.yaml")


GRAPH = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]


def parameters(stage: dict[str, Any], file: str) -> list[str]:
    """What a stage depends on in a file of parameters; none where it names no such file."""
    return [name for named in stage.get("params", []) for name in named.get(file, [])]


def test_every_setting_reruns_a_stage_and_every_parameter_is_a_setting() -> None:
    named = {name.split(".", maxsplit=1)[0] for stage in GRAPH.values() for name in parameters(stage, "settings.yaml")}
    known = {info.alias or field for field, info in Settings.model_fields.items()}
    # `machine` changes no result; the three lists are the matrix; the report depends on all settings
    assert named == known - {"machine", "categories", "teachers", "fields"}
    assert "settings.yaml" in GRAPH["report"]["deps"]
    for stage in ("fit-projection", "cache-teachers", "train", "evaluate"):
        assert "networks.${item.teacher}" in parameters(GRAPH[stage], "settings.yaml")
    for name in yaml.safe_load((ROOT / "pipeline" / "config" / "recipes.yaml").read_text()):
        stage = {"prepare": "render", "blender": "render", "given-views": "render"}.get(name, name)
        assert name in parameters(GRAPH[stage], "pipeline/config/recipes.yaml")


def test_code_that_a_stage_imports_is_its_dependency() -> None:
    text = (ROOT / "dvc.yaml").read_text()
    assert with_dependencies(text) == text, "run `python -m tests.stages.code_dependencies`"
    assert len(text.splitlines()) <= 200
    for stage in MADE_ANEW:
        listed = {Path(name) for name in GRAPH[stage]["deps"] if not name.startswith(MADE)}
        for file in imports_of(stage):
            assert file.name == "__init__.py" or listed & {file, *file.parents}, f"{stage} imports {file}"
        for name in listed - {Path("settings.yaml")}:
            inside = [name] if name.suffix else [path.relative_to(ROOT) for path in (ROOT / name).rglob("*.py")]
            assert {path for path in inside if path.name != "__init__.py"} <= imports_of(stage), f"{stage}: {name}"


def test_stages_are_the_commands_and_their_code_exists() -> None:
    stages = {name: stage for name, stage in GRAPH.items() if name != "settings"}
    # the stages in their order, then the commands that look at things and change no store, such as the first stage's
    assert GRAPH["settings"]["cmd"] == "pipeline profile --expand > settings.yaml"
    assert list(main.commands)[: len(stages)] == list(stages)
    for name, stage in stages.items():
        assert stage["cmd"].startswith(f"pipeline {name} ") or stage["cmd"] == f"pipeline {name}"
        for dependency in stage["deps"]:
            assert dependency.startswith(MADE) or (ROOT / dependency).exists(), dependency


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_repro_by_need(tmp_path: Path) -> None:
    folder = tmp_path / "clone"
    for name in ("pipeline", "render", "train", "eval"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".dvc").mkdir()
    for name in ("dvc.yaml", ".gitignore", ".dvcignore", ".dvc/config", ".dvc/.gitignore"):
        shutil.copy(ROOT / name, folder / name)
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = test\n\temail = test@localhost\n")
    params = folder / "params.yaml"
    params.write_text(profile_file("smoke"))

    def run(*words: str, cwd: Path = folder) -> str:
        # The clone's own code runs, and leaves compiled code beside it, which DVC must not take for a change.
        with chdir(cwd):
            ended = as_user(*words, home=tmp_path, code=folder)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def dvc(*words: str, cwd: Path = folder) -> str:
        return run("dvc", *words, cwd=cwd)

    def ran(output: str) -> list[str]:
        return re.findall(r"Running stage '([^']+)'", output)

    def repro(*words: str) -> list[str]:
        """The stages that ran, but for the survey, which always does."""
        return [stage for stage in ran(dvc("repro", *words)) if not stage.startswith("survey")]

    run("git", "init", "-q")
    run("git", "commit", "-q", "--allow-empty", "-m", "start")
    assert ran(dvc("repro")) == [
        "settings", "synthesize@plane", "survey@plane", "manifest@plane", "render@plane", "label@plane",
        "fit-projection@plane-daisy", "cache-teachers@plane-daisy",
        "train@plane-daisy-whole", "evaluate@plane-daisy-whole", "report",
    ]  # fmt: skip
    lock = yaml.safe_load((folder / "dvc.lock").read_text())["stages"]
    assert lock["train@plane-daisy-whole"]["params"]["settings.yaml"]["networks.daisy"]["radius"] == 15
    assert list(folder.glob("train/__pycache__/*.pyc"))
    assert repro() == []
    assert repro("-f", "-s", "render@plane") == ["render@plane"]

    run("git", "add", "--all")
    run("git", "commit", "-q", "-m", "walked")
    first = (folder / "receipts/label/plane.json").read_text()
    changed = ("label.part_distance=0.04", "evaluate.pck_pixels=[3.0]")
    experiment = dvc("exp", "run", "--name", "narrow", *(word for change in changed for word in ("-S", f"++{change}")))
    assert ran(experiment) == ["settings", "survey@plane", "label@plane", "evaluate@plane-daisy-whole", "report"]
    # Both states beside each other: their parameters, their few metrics, their curves.
    _, head = json.loads(dvc("exp", "show", "--json"))
    (narrow,) = head["experiments"]
    results = "results/plane-daisy-whole/metrics.json"
    for state, widest in ((head, "pck10px"), (narrow["revs"][0], "pck3px")):
        metrics = state["data"]["metrics"][results]["data"]
        assert widest in metrics["2d-instance"]["internal"]
        assert metrics["synthesis"]["psnr"] > 0
    compared = json.loads(dvc("metrics", "diff", "--json"))[results]
    assert compared["2d-instance.internal.pck3px"]["new"] == metrics["2d-instance"]["internal"]["pck3px"]
    assert "2d-instance.internal.pck10px" in compared
    plots = json.loads(dvc("plots", "diff", "--json"))["data"]
    assert plots["curves/plane-daisy-whole/total.tsv"][0]["revisions"] == ["workspace", "HEAD"]
    assert (folder / "receipts/label/plane.json").read_text() != first
    params.write_text(profile_file("smoke"))
    assert repro() == []  # settings and receipts come back from DVC's run cache, the store was never gone
    assert (folder / "receipts/label/plane.json").read_text() == first
    assert (folder / "stores" / yaml.safe_load(first)["store"]).is_dir()

    # The copies in which DVC runs other experiments find the stores.
    before = sorted(folder.glob("stores/*/*/*"))
    copied = dvc("exp", "run", "--temp", "--name", "copied", "-S", "++train.steps=10")
    trained = ["train@plane-daisy-whole", "evaluate@plane-daisy-whole"]
    assert ran(copied) == ["settings", "survey@plane", *trained, "report"]
    assert len(set(folder.glob("stores/*/*/*")) - set(before)) == 1  # the run of the experiment
    assert not list(folder.glob(".dvc/tmp/exps/standalone/tmp*"))
    assert run("git", "status", "--porcelain") == ""

    # A second machine has what git and DVC carry, the stores in another place, and no raw data.
    dvc("remote", "add", "-q", "-d", "shared", str(tmp_path / "shared"))
    dvc("push", "-q")
    second = tmp_path / "second"
    run("git", "clone", "-q", str(folder), str(second))
    shutil.copy(folder / ".dvc/config", second / ".dvc/config")
    dvc("pull", "-q", cwd=second)
    shutil.copytree(folder / "stores", tmp_path / "moved")
    changed_place = f"categories: [plane]\nstorage: {{root: {tmp_path / 'moved'}}}"
    (second / "params.yaml").write_text(profile_file("smoke").replace("categories: [plane]", changed_place))
    assert ran(dvc("repro", cwd=second)) == ["settings", "synthesize@plane", "survey@plane", "report"]
    assert ran(dvc("repro", "-f", "-s", "evaluate@plane-daisy-whole", cwd=second)) == ["evaluate@plane-daisy-whole"]

    # Code that changes makes exactly those stages stale that import it and are made anew.
    sources = sorted(path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("[!_]*.py"))
    for file in random.Random(7).sample(sources, 20):  # noqa: S311
        text = (folder / file).read_text()
        (folder / file).write_text(text + "# a change\n")
        stale = json.loads(dvc("status", "--json"))
        named = {name.partition("@")[0] for name, reasons in stale.items() if "always changed" not in reasons}
        expected = {stage for stage in MADE_ANEW if file in imports_of(stage)} - {"survey"}
        assert named - {"settings"} == expected, file
        assert ("settings" in named) == file.is_relative_to("pipeline/config"), file
        (folder / file).write_text(text)

    # A new file among the raw ones makes the manifest again.
    assert "manifest@plane" not in repro()
    (raw,) = (folder / "stores/made-up").iterdir()
    (raw / "ShapeNetCore.v2" / "02691156" / "new.txt").write_text("seen")
    assert repro() == ["manifest@plane"]

    # A default that changes in the code counts like a changed line of params.yaml.
    defaults = folder / "pipeline/config/sections/views.py"
    defaults.write_text(defaults.read_text().replace("part_distance: Above0 = 0.05", "part_distance: Above0 = 0.04"))
    assert repro("settings") == ["settings"]
    stale = json.loads(dvc("status", "--json"))
    assert {"changed deps": {"settings.yaml": {"label": "modified"}}} in stale["label@plane"]
    assert "render@plane" not in stale and "train@plane-daisy-whole" not in stale

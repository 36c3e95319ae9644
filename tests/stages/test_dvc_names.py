"""Names in params.yaml reach no shell and no path outside, although DVC runs before any check of ours."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.stages.conftest import ROOT, as_user, refused

GRAPH = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
HOSTILE = [
    "plane; touch X; echo ", "$(touch X)", "`touch X`", "a|touch X", "&touch X&", ">X", "a'; touch X; '",
    'a"; touch X; "', "a\ntouch X\n", "a'\ntouch X\n'", "a\rtouch X", "a\u2028touch X", "a\\'; touch X #", "${HOME}",
    "\\${HOME}; touch X", "$HOME", "-x", "--help", "*", "~", "a b", "\\", "", "#", "!!",
]  # fmt: skip
STUB = "import json, sys; print(json.dumps(sys.argv[1:]), file=open('said', 'a'))"


def dvc(*words: str) -> "subprocess.CompletedProcess[str]":
    return as_user("dvc", *words, home=Path.cwd(), first=Path.cwd())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in which `pipeline` notes its arguments."""
    monkeypatch.chdir(tmp_path)
    Path("pipeline").write_text(f"#!{sys.executable}\n{STUB}\n")
    Path("pipeline").chmod(0o755)
    assert dvc("init", "--no-scm", "-q").returncode == 0
    return tmp_path


def test_commands_hold_nothing_of_the_settings_but_quoted_options() -> None:
    for name, stage in GRAPH.items():
        assert set(re.findall(r"\$\{.*?\}", stage["cmd"])) == ({"${item}"} if "matrix" in stage else set()), name


def test_a_name_is_one_argument_of_the_command(folder: Path) -> None:
    stage = {"matrix": GRAPH["train"]["matrix"], "cmd": GRAPH["train"]["cmd"]}
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": {"train": stage}}))
    Path("params.yaml").write_text(yaml.safe_dump({"categories": ["x"], "teachers": HOSTILE, "fields": ["y"]}))
    before = set(Path().iterdir())
    dvc("repro", "--keep-going")
    assert set(Path().iterdir()) - before <= {Path("said"), Path("dvc.lock")}
    said = [json.loads(line) for line in Path("said").read_text().splitlines()]
    options = [dict(zip(words[1::2], words[2::2], strict=True)) for words in said]
    # DVC runs a text of several lines line by line, and the first of them is half a quotation: such names never run.
    expected = [name.replace("\\${", "${") for name in HOSTILE if len(name.splitlines()) < 2]
    assert sorted(given.pop("--teacher") for given in options) == sorted(expected)
    assert options == [{"--category": "x", "--field": "y"}] * len(expected)


def test_a_name_that_leaves_its_folder_is_refused_before_anything_runs(folder: Path) -> None:
    stages = {name: {k: v for k, v in stage.items() if k not in ("deps", "params")} for name, stage in GRAPH.items()}
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    Path("mine.json").write_text("kept")
    for name, refusal in (
        ("../mine", "overlap"),
        ("../../../mine", "overlap"),
        ({"a; touch X": "b"}, "Cannot interpolate"),
        (["a; touch X"], "Cannot interpolate"),
    ):
        lists = {"categories": [name], "teachers": ["daisy"], "fields": ["whole"]}
        Path("params.yaml").write_text(yaml.safe_dump(lists))
        ended = dvc("repro")
        assert ended.returncode != 0 and refusal in ended.stderr, name
        assert not Path("said").exists() and not Path("X").exists(), name
        assert Path("mine.json").read_text() == "kept", name


@pytest.mark.parametrize("key", ["categories", "teachers", "fields"])
@pytest.mark.parametrize("kind", ["made-up", "folder"])
def test_the_doctor_refuses_a_name_that_leaves_its_folder(folder: Path, key: str, kind: str) -> None:
    """`dvc repro -s` deletes what it names; docs/doctor.md says that this command comes first."""
    for name in ("../mine", "../../../mine", "/../../mine", "/mine", "a/../../mine"):
        lists = {"categories": ["chair"], "teachers": ["daisy"], "fields": ["whole"], key: [name]}
        network, source = {name: {"kind": "daisy"}} if key == "teachers" else {}, {"kind": kind, "mesh_root": "."}
        Path("params.yaml").write_text(yaml.safe_dump({**lists, "source": source, "networks": network}))
        assert f"'{name}'" in refused("doctor")

"""What a user of DVC sees: the lines after the demo, tables that fit, plots without a network."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from benchmarks.chromium import installed_browser
from pipeline.upkeep.compare_runs import WIDTH
from tests.stages.conftest import ROOT, as_user

GRAPH = {
    "stages": {
        "evaluate": {
            "cmd": "python make.py",
            "deps": ["make.py"],
            "params": [{"params.yaml": ["steps"]}],
            "metrics": ["results/chair-lite0-whole/metrics.json"],
            "plots": [{"curves": {"x": "step", "x_label": "step"}}],
        }
    }
}
MAKE = """import json, pathlib, yaml
steps = yaml.safe_load(open("params.yaml"))["steps"]
pathlib.Path("results/chair-lite0-whole").mkdir(parents=True, exist_ok=True)
tasks = {task: {name: {"pck10px": steps / 7, "iou": 0.5} for name in ("internal", "distilled", "lite0-map", "position")}
         for task in ("2d-instance", "2d-camera", "2d-view", "3d-instance")}
json.dump(tasks, open("results/chair-lite0-whole/metrics.json", "w"))
pathlib.Path("curves").mkdir(exist_ok=True)
open("curves/total.tsv", "w").write("step\\ttotal\\n" + "".join(f"{i}\\t{steps / (i + 1)}\\n" for i in range(5)))
"""


def run(*words: str) -> str:
    ended = as_user(*words, home=Path.cwd().parent)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def make_says(target: str) -> list[str]:
    """The lines that a target of the Makefile prints, as `make` would."""
    lines = subprocess.run(
        ["make", "--dry-run", "--always-make", target], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [said.group(1) for line in lines if (said := re.fullmatch(r'echo "(.*)"', line))]


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of a tiny project: one stage, with the metrics of the demo."""
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = test\n\temail = test@localhost\n")
    origin = tmp_path / "origin"
    (origin / "data_manifests").mkdir(parents=True)
    (origin / "data_manifests" / "chair.json").write_text("{}")
    (origin / ".dvc").mkdir()
    for name in (".gitignore", ".dvcignore", ".dvc/config", ".dvc/.gitignore", ".dvc/offline-plots.html"):
        shutil.copy(ROOT / name, origin / name)
    (origin / "dvc.yaml").write_text(yaml.safe_dump(GRAPH))
    (origin / "make.py").write_text(MAKE)
    (origin / "params.yaml").write_text("steps: 7\n")
    monkeypatch.chdir(origin)
    run("git", "init", "-q")
    run("git", "add", "--all")
    run("git", "commit", "-q", "-m", "start")
    run("git", "clone", "-q", str(origin), str(tmp_path / "clone"))
    monkeypatch.chdir(tmp_path / "clone")
    return tmp_path / "clone"


def test_after_the_lines_of_the_demo_dvc_compares(clone: Path) -> None:
    run("dvc", "repro")
    lines = [line.strip() for line in make_says("demo") if line.startswith("    ")]
    assert lines[0].startswith("source ")  # the environment; this test's is active
    for line in lines[1:]:
        run("bash", "-ec", line)
    assert run("git", "status", "--porcelain") == ""  # all that is made is ignored
    (clone / "params.yaml").write_text("steps: 14\n")
    run("dvc", "repro")
    (changed,) = json.loads(run("dvc", "metrics", "diff", "--json")).values()
    assert changed["2d-view.internal.pck10px"] == {"old": 1.0, "new": 2.0, "diff": 1.0}

    # The same in a table that fits.
    table = run(sys.executable, "-m", "pipeline.cli", "compare").splitlines()
    assert max(map(len, table)) <= WIDTH
    assert table[0].split()[0] == "workspace"
    row = next(line.split() for line in table if line.startswith("  2d-view.internal.pck10px"))
    assert row[1:] == ["2", "1"]
    assert "pipeline compare" in (ROOT / "Makefile").read_text()

    # The plots need no network, and nothing that DVC makes is shown to git.
    run("dvc", "plots", "show")
    page = (clone / "dvc_plots" / "index.html").read_text()
    assert "vegaEmbed(" in page and "total" in page
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", page)
    assert not re.findall(r"import\s*\(|fetch\s*\(|@import", page)
    assert [line for line in run("git", "status", "--porcelain").splitlines() if not line.startswith(" M ")] == []


def test_made_pictures_are_ignored() -> None:
    names = ["views-chair.png", "maps-chair.png", "matches.png", "dvc_plots/index.html", "description/seen.png"]
    command = ["git", "check-ignore", *names, "docs/images/report.png"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split() == names


@pytest.mark.browser
def test_the_lines_of_a_plot_are_drawn_without_a_network(tmp_path: Path) -> None:
    browser = installed_browser()
    if browser is None:
        pytest.skip("no browser is installed: looked for chromium and chrome")
    template = (ROOT / ".dvc" / "offline-plots.html").read_text()
    values = [{"rev": rev, "step": str(i), "total": str(i * by)} for rev, by in (("a", 1), ("b", 2)) for i in range(3)]
    line = {
        "title": {"text": "total", "anchor": "middle"},
        "data": {"values": [*values, {"rev": "b", "step": "3", "total": ""}]},
        "encoding": {"x": {"field": "step", "title": "step"}},
        "layer": [{"layer": [{"mark": "line"}], "encoding": {"y": {"field": "total"}}}],
    }
    other = {"mark": "bar", "data": {"values": values[:2]}, "encoding": {"x": {"field": "step"}}}
    renderers = [(f"plot_{place}", json.dumps(spec)) for place, spec in enumerate((line, other))]
    divs = [f'<div id = "{name}"><script>vegaEmbed("#{name}", {spec});</script></div>' for name, spec in renderers]
    page = tmp_path / "index.html"
    page.write_text(template.replace("{refresh_tag}", "").replace("{plot_divs}", "\n".join(divs)))
    words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom"]
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    done = subprocess.run([browser, *words, profile, page.as_uri()], capture_output=True, text=True, check=True)
    body = done.stdout.partition("<body>")[2]
    paths = re.findall(r'<path d="([^"]+)"', body)
    assert [path.count("L") for path in paths] == [2, 2]  # three points each; the one without a value is left out
    assert paths[0].split("L")[2].split()[0] == "368.0"  # the last step, at the right edge of 380 less 12
    assert "a (last 2)" in body and "b (last 4)" in body and ">total</figcaption>" in body
    assert body.count("<tr>") == 3  # what is no line is a table

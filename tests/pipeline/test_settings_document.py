"""docs/settings.md comes from the classes, and so does all else that knows a key; examples in docs are settings."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pipeline.cli import main
from pipeline.config.document import document
from pipeline.config.settings import parse_settings
from pipeline.datasets.categories import CATEGORY_NAMES
from pipeline.datasets.views.co3d.categories import NAMES
from pipeline.datasets.views.layouts import VIEW_LAYOUTS

ROOT = Path(__file__).resolve().parents[2]
MAKE = "python -m pipeline.config.document > docs/settings.md"


def test_the_document_is_fresh() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == document(), f"stale: run `{MAKE}`"


def test_every_key_says_what_it_is_in_a_short_cell() -> None:
    sections, _, kinds = document().partition("### kind")
    rows = [line.split(" | ") for line in (sections + kinds).splitlines() if line.startswith("| `")]
    keys = [row for row in rows if len(row) == 4] + [
        line.split(" | ") for line in kinds.partition("\n## ")[0].splitlines() if line.startswith("| `")
    ]
    assert len(keys) > 110
    for key, *_, what in keys:
        assert 10 < len(what) <= 115, f"{key}: {what}"
        assert not what.startswith("None")


def test_a_new_key_is_one_edit(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "pipeline", tmp_path / "pipeline", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "params.yaml", tmp_path)
    section = tmp_path / "pipeline" / "config" / "sections" / "training.py"
    before, new = "    steps: NotNegative = 600\n", '    patience: Positive = 7\n    """Validations without gain."""\n'
    section.write_text(section.read_text().replace(before, new + before))
    code = (
        "from pipeline.config.document import document\n"
        "from pipeline.config.profiles import profile_text\n"
        "from pipeline.config.settings import load_settings\n"
        "print(load_settings().train.patience, load_settings(overrides=('train.patience=3',)).train.patience)\n"
        "try: load_settings(overrides=('train.patienec=3',))\n"
        "except Exception as error: print(error)\n"
        "print(profile_text('paper'), document())"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert shown[0] == "7 3"
    assert shown[1] == "--set train.patienec=3: unknown key 'train.patienec'; did you mean 'train.patience'?"
    assert "  patience: 7" in shown
    assert "| `patience` | `7` |  | Validations without gain. |" in shown


@pytest.mark.parametrize(("page", "layout"), [("views.md", "srn"), ("co3d.md", "co3d")])
def test_examples_on_views_are_settings_and_name_what_there_is(page: str, layout: str) -> None:
    text = (ROOT / "docs" / page).read_text()
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.S)
    lists = {"teachers": ["daisy"], "fields": ["whole"]}
    settings = parse_settings({**yaml.safe_load(example), **lists}, page)
    assert (settings.source.layout, settings.foreground_from) == (layout, "alpha")
    assert set(re.findall(r"^pipeline (\w+)", text, re.M)) <= set(main.commands)
    for module in re.findall(r"^python -m (\S+)", text, re.M):
        assert importlib.util.find_spec(module) is not None
    if layout == "srn":
        assert set(VIEW_LAYOUTS) <= set(re.findall(r"^\| `([a-z0-9-]+)`", text, re.M))
    else:
        assert settings.source.co3d.set_list == "fewview_dev"
        (same,) = re.findall(r"^\| (.*) \| the same name \|$", text, re.M)[:1]
        assert set(re.findall(r"`(\w+)`", same)) == {name for name, theirs in NAMES.items() if name == theirs}
        assert "| `plane` | `toyplane`" in text and "| `table` | none |" in text
        assert set(CATEGORY_NAMES) - set(NAMES) == {"table"}

"""docs/co3d.md: its example is a file of settings, its table of categories is the code's, its commands exist."""

import importlib.util
import re
from pathlib import Path

import yaml

from pipeline.cli import main
from pipeline.config.settings import parse_settings
from pipeline.datasets.categories import CATEGORY_NAMES
from pipeline.datasets.views.co3d.categories import NAMES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "co3d.md").read_text()


def test_the_example_is_valid() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
    lists = {"teachers": ["daisy"], "fields": ["whole"]}
    settings = parse_settings({**yaml.safe_load(example), **lists}, "docs/co3d.md")
    assert settings.source.layout == "co3d" and settings.source.co3d.set_list == "fewview_dev"


def test_categories_are_those_of_the_code() -> None:
    (same,) = re.findall(r"^\| (.*) \| the same name \|$", PAGE, re.M)[:1]
    assert set(re.findall(r"`(\w+)`", same)) == {name for name, theirs in NAMES.items() if name == theirs}
    assert "| `plane` | `toyplane`" in PAGE and "| `table` | none |" in PAGE
    assert set(CATEGORY_NAMES) - set(NAMES) == {"table"}


def test_commands_exist() -> None:
    assert set(re.findall(r"^pipeline (\w+)", PAGE, re.M)) <= set(main.commands)
    for module in re.findall(r"^python -m (\S+)", PAGE, re.M):
        assert importlib.util.find_spec(module) is not None

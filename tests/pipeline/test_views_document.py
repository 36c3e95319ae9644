"""docs/views.md: its example is a file of settings, and it speaks of the layouts that there are."""

import re
from pathlib import Path

import yaml

from pipeline.config.settings import parse_settings
from pipeline.datasets.views.layouts import VIEW_LAYOUTS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "views.md").read_text()


def test_the_example_is_valid() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
    lists = {"teachers": ["daisy"], "fields": ["whole"]}
    settings = parse_settings({**yaml.safe_load(example), **lists}, "docs/views.md")
    assert settings.source.layout == "srn"
    assert settings.foreground_from == "alpha"


def test_every_layout_is_named() -> None:
    assert set(VIEW_LAYOUTS) <= set(re.findall(r"^\| `([a-z0-9-]+)`", PAGE, re.M))

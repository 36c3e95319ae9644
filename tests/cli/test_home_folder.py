"""`~` is the home folder in path options too, where no shell replaces it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import main


@pytest.mark.parametrize("words", [["--params=~/nothing.yaml"], ["--params", "~/nothing.yaml"]])
def test_home_in_an_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert f"{tmp_path}/nothing.yaml is missing" in CliRunner().invoke(main, ["manifest", *words]).output

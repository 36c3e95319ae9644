"""The commands on the pages of photographs, view synthesis and the viewer exist, with these options."""

import re
import shlex
from pathlib import Path

import pytest

from pipeline.cli import main

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("page", ["spair.md", "synthesis.md", "editing.md"])
def test_every_command_of_the_page_is_understood(page: str) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", (DOCS / page).read_text(), flags=re.MULTILINE | re.DOTALL)
    lines = [shlex.split(line) for block in blocks for line in block.splitlines()]
    assert len(lines) >= 2
    for program, command, *words in lines:
        assert program == "pipeline"
        main.commands[command].make_context(command, words)  # raises for an unknown option or a wrong value


@pytest.mark.parametrize(
    ("page", "command"),
    [
        ("spair.md", "evaluate-photos"),
        ("synthesis.md", "evaluate-views"),
        ("editing.md", "swap-texture"),
        ("viewer.md", "view"),
    ],
)
def test_every_option_of_the_tables_exists(page: str, command: str) -> None:
    named = set(re.findall(r"`(--[a-z-]+)", (DOCS / page).read_text()))
    known = {name for option in main.commands[command].params for name in option.opts}
    assert named <= known
    assert len(named) >= 7

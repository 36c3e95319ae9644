"""The commands on the pages of photographs, view synthesis and the viewer exist, with these options."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pipeline.cli import main

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize(
    ("page", "command"),
    [
        ("spair.md", "evaluate-photos"),
        ("synthesis.md", "evaluate-views"),
        ("editing.md", "swap-texture"),
        ("viewer.md", "view"),
    ],
)
def test_every_command_and_option_of_the_page_exists(page: str, command: str) -> None:
    text = (DOCS / page).read_text()
    named = set(re.findall(r"`(--[a-z-]+)", text))
    assert named <= {name for option in main.commands[command].params for name in option.opts}
    assert len(named) >= 7
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    lines = [shlex.split(line) for block in blocks for line in block.splitlines()] if page != "viewer.md" else []
    assert len(lines) >= 2 or page == "viewer.md"
    for program, name, *words in lines:
        assert program == "pipeline"
        main.commands[name].make_context(name, words)  # raises for an unknown option or a wrong value


def test_the_help_of_no_command_loads_a_heavy_module() -> None:
    program = (
        "import sys\nfrom pipeline.cli import main\n"
        "for name, command in main.commands.items():\n"
        "    main([name, '--help'], standalone_mode=False)\n"
        "print('loaded', *{'torch', 'numpy', 'PIL', 'trimesh', 'pydantic', 'zarr', 'yaml'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "PHOTO" in done.stdout and "SRC and TRG are views of the project" in done.stdout
    assert done.stdout.splitlines()[-1] == "loaded"


def test_every_group_is_of_the_class_that_refuses_options_given_twice() -> None:
    groups = [main, *(command for command in main.commands.values() if isinstance(command, click.Group))]
    assert {type(group) for group in groups} == {type(main)}


@pytest.mark.parametrize("words", [["--params=~/nothing.yaml"], ["--params", "~/nothing.yaml"]])
def test_home_in_an_option_where_no_shell_replaces_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert f"{tmp_path}/nothing.yaml is missing" in CliRunner().invoke(main, ["manifest", *words]).output

"""docs/doctor.md: its commands are understood, and its table has a row for each check."""

import re
import shlex
from pathlib import Path

from pipeline.cli import main
from pipeline.upkeep.doctor.checks import CHECKS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "doctor.md").read_text()


def test_commands_are_understood() -> None:
    (block,) = re.findall(r"^```sh\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    for line in block.splitlines():
        program, command, *words = shlex.split(line, comments=True)
        assert (program, command) == ("pipeline", "doctor")
        main.commands[command].make_context(command, words)  # raises for an unknown option or a wrong value


def test_every_check_has_a_row() -> None:
    named = {name for row in re.findall(r"^\| (`[^|]*) \|", PAGE, re.M) for name in re.findall(r"`(\w+)`", row)}
    shown = {"plan": {"disk", "memory", "time"}, "source": {"source", "splits"}, "stores": {"stores", "locks"}}
    assert named == set().union(*(shown.get(check.name, {check.name}) for check in CHECKS))

"""Waiting threads of torch sleep soon: libgomp reads that when torch is imported, so commands say it before."""

import os
import subprocess
import sys

import pytest

COMMAND = """
import os, sys
import click
from pipeline.cli.group import Group

@click.group(cls=Group)
def main(): pass

@main.command()
def show(): print("torch" in sys.modules, os.environ.get("GOMP_SPINCOUNT"))

main(["show"])
"""


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, "None")],
)
def test_a_command_says_how_long_threads_wait_awake_unless_the_user_has(chosen: dict[str, str], expected: str) -> None:
    env = {name: value for name, value in os.environ.items() if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    said = subprocess.run(
        [sys.executable, "-c", COMMAND], env={**env, **chosen}, capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["False", expected]

"""Standard streams that are closed or break: work goes on, and the exit code says how it went."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

WORK = """
import sys
import click
from pipeline.cli.group import Group
from pipeline.errors import UserError
from pipeline.progress import Progress, say

@click.group(cls=Group)
def main(): pass

@main.command()
@click.argument("fails", type=bool)
def work(fails):
    progress = Progress("work", 3, "things")
    for number in range(2000):
        say(f"line {number} " + "x" * 50)
        if number % 700 == 0: progress.step()
    click.echo("result " * 20000)
    open("done", "w").write("whole")
    print("to nobody", file=sys.stderr)
    if fails: raise UserError("a mistake.")

main()
"""


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize(
    "streams", ["2>&-", ">&-", "<&- >&- 2>&-", "2> >(true)", "> >(true)", "> >(true) 2>&1", "2>/dev/full"]
)
def test_work_goes_on(tmp_path: Path, streams: str, fails: bool) -> None:
    command = f"'{sys.executable}' -c \"$WORK\" work {fails} {streams}; echo $? > code"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env={**os.environ, "WORK": WORK}, capture_output=True, check=False
    )
    assert (tmp_path / "code").read_text() == ("2\n" if fails else "0\n"), done.stderr
    assert (tmp_path / "done").read_text() == "whole"  # and nothing that was printed stands in it


def test_a_result_that_a_full_disk_does_not_take_is_an_error(tmp_path: Path) -> None:
    command = f"'{sys.executable}' -c \"$WORK\" work false > /dev/full"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env={**os.environ, "WORK": WORK}, capture_output=True, check=False
    )
    assert done.returncode == 2
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr

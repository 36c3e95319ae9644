"""The command `doctor`: what would stop a run, before it runs."""

from __future__ import annotations

import sys

import click

from pipeline.cli.options import Selection, gpu_option, with_settings

PROBLEMS = 1  # exit code


@click.command()
@with_settings("category", "teacher")
@gpu_option
def doctor(selection: Selection, gpu: str | None) -> None:
    """Find what would stop a run, and say the remedy.

    Checks the installation, git and DVC, the GPU, the render backend, weights, raw data, locks, disk and memory for
    what these settings need. Changes nothing. Exit code 1 if there is a problem, which stops a stage.
    """
    from pipeline.upkeep.doctor.doctor import examine, table

    findings = examine(selection.project, gpu)
    click.echo(table(findings))
    if any(finding.state == "problem" for finding in findings):
        sys.exit(PROBLEMS)

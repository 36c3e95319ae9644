"""The command `plan`: what a run needs, before it runs."""

from __future__ import annotations

import click

from pipeline.cli.options import Selection, gpu_option, with_settings


@click.command()
@with_settings("category", "teacher")
@gpu_option
def plan(selection: Selection, gpu: str | None) -> None:
    """Estimate the disk, memory and time that the settings need.

    Prints each stage, and whether this machine has enough. Counts the objects of the manifests that are there, else
    those of the raw data, else those of the published data sets. Writes nothing.
    """
    from pipeline.upkeep.plan.plan import plan_text

    click.echo(plan_text(selection.project, gpu))

"""The command `plan`: what a run needs, before it runs."""

from __future__ import annotations

import click

from pipeline.cli.options import Selection, with_settings


@click.command()
@with_settings("category", "teacher")
def plan(selection: Selection) -> None:
    """Estimate the disk, memory and time that the settings need.

    Prints each stage with the rate behind its time, and whether this machine has enough. Counts the objects of the
    manifests that are there, else those of the raw data, else those of the published data sets. Writes nothing.
    """
    from pipeline.upkeep.plan.plan import plan_settings

    click.echo(plan_settings(selection.settings))

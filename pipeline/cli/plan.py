"""The command `plan`: what a run needs, before it runs."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.options import category_option, load, settings_options, teacher_option


@click.command()
@category_option
@teacher_option
@settings_options
def plan(category: str | None, teacher: str | None, params: Path, overrides: tuple[str, ...]) -> None:
    """Estimate the disk, memory and time that the settings need.

    Prints each stage with the rate behind its time, and whether this machine has enough. Counts the objects of the
    manifests that are there, else those of the raw data, else those of the published data sets. Writes nothing.
    """
    from pipeline.upkeep.plan.plan import plan_settings

    click.echo(plan_settings(load(params, overrides, category, teacher)))

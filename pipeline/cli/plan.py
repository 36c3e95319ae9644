"""What a run will need, before it runs."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.options import category_option, load, settings_options, teacher_option


@click.command()
@category_option
@teacher_option
@settings_options
def plan(category: str | None, teacher: str | None, params: Path, overrides: tuple[str, ...]) -> None:
    """Say what disk, memory and time the settings will need.

    By stage, with the rate that each time is reckoned with; then whether this machine has it. Counts the objects of
    the manifests that are there, else of the source, else of the published data. Writes nothing.
    """
    from pipeline.upkeep.plan.plan import plan_settings

    click.echo(plan_settings(load(params, overrides, category, teacher)))

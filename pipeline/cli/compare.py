"""The command `compare`: a table of the metrics of runs."""

from __future__ import annotations

import click


@click.command()
@click.option(
    "--commits", type=click.IntRange(min=1), default=5, show_default=True, help="Compare so many last commits."
)
def compare(commits: int) -> None:
    """Compare the metrics of commits and of DVC's experiments.

    Prints a column for the workspace, for each commit and for each experiment (`dvc exp run`): the settings that differ
    and all metrics. Runs without metrics are left out. A line has at most 160 columns. Changes nothing.
    """
    from pipeline.upkeep.compare.run_state import dvc_states
    from pipeline.upkeep.compare.run_table import run_table

    click.echo(run_table(dvc_states(commits)))

"""The groups `pipeline import` and `pipeline export`: exchange data with other programs."""

from __future__ import annotations

import click

from pipeline.cli.group import Group


@click.group("import", cls=Group)
def import_() -> None:
    """Take over what other programs made."""


@click.group("export", cls=Group)
def export() -> None:
    """Write what the stores hold in a form that other programs read.

    Every command writes one category to a folder that is empty or does not exist yet. An export that was killed
    continues when the same command runs again. The same stores give the same bytes. docs/exports.md shows how to read
    each format.
    """

"""The commands `pipeline import ...` and `pipeline export ...`: exchange data with other programs.

Their commands are functions below; each imports what it needs when it runs, so that --help is fast.
"""

from __future__ import annotations

import click

from pipeline.cli.group import Group


@click.group("import", cls=Group)
def import_() -> None:
    """Take over what other programs made."""


@click.group("export", cls=Group)
def export() -> None:
    """Write what the stores hold in a form that other programs read."""

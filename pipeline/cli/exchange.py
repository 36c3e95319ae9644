"""The commands `pipeline import ...` and `pipeline export ...`: exchange data with other programs.

Their commands are functions below; each imports what it needs when it runs, so that --help is fast.
"""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.group import Group
from pipeline.cli.options import Selection, with_settings


@click.group("import", cls=Group)
def import_() -> None:
    """Take over what other programs made."""


@click.group("export", cls=Group)
def export() -> None:
    """Write what the stores hold in a form that other programs read."""


@import_.command("released-data")
@click.argument("root", type=click.Path(path_type=Path))
@click.option("--category", "-c", "categories", multiple=True, help="A category's name or synset. Can be repeated.")
@click.option("--splits", type=click.Path(path_type=Path), help="Folder of the released split files, assets/splits.")
@click.option(
    "--params",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("params.yaml"),
    show_default=True,
    help="Write the settings to this file.",
)
@click.option("--overwrite", is_flag=True, help="Replace a file of settings that is there already.")
def import_released_data(
    root: Path, categories: tuple[str, ...], splits: Path | None, params: Path, overwrite: bool
) -> None:
    """Use the processed data of the released FeatureNeRF code.

    ROOT holds img/ and camera/, or data/ with both. Says what there is, and writes settings with which the stages
    read it. Nothing is copied yet. Without --category, all categories that there are.
    """
    from pipeline.exchange.released_import import import_released

    click.echo(import_released(root, categories, splits, params, overwrite))


@export.command("released-data")
@with_settings("category", "overwrite")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Write below this folder.")
@click.option("--teacher", "-t", "maps_of", help="Write the maps of this teacher, too.")
def export_released_data(selection: Selection, overwrite: bool, out: Path, maps_of: str | None) -> None:
    """Write views, labels and maps in the layout of the released FeatureNeRF code."""
    from pipeline.exchange.released_data import export_released

    for category in selection.settings.categories:
        click.echo(export_released(selection.project, category, maps_of, out, overwrite))

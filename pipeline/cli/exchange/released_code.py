"""`pipeline import | export released-data | released-checkpoint`: the data and models of the authors' code.

Each command imports what it needs when it runs, so that --help is fast.
"""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.exchange.groups import export, import_
from pipeline.cli.options import Selection, with_settings

OUT_MODEL = "The model's folder.  [default: models/CATEGORY-TEACHER-released]"


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


@import_.command("released-checkpoint")
@with_settings("category", "teacher")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help=OUT_MODEL)
@click.option("--network", type=click.Choice(("coarse", "fine")), help="Which of pixel-nerf's two networks to take.")
def import_released_checkpoint(selection: Selection, file: Path, out: Path | None, network: str | None) -> None:
    """Make a model of a checkpoint of the authors' code or of pixel-nerf.

    --category and --teacher say what it was trained on. Its sizes are read from the file, its conventions are those of
    `pipeline profile released`, and its camera is that of the settings. Nothing in the file is executed.
    """
    from pipeline.config.sections.teachers import FitProjection
    from pipeline.exchange.released_checkpoint import import_checkpoint

    settings = selection.settings
    if len(selection.pairs) != 1:
        raise click.UsageError("name what the checkpoint was trained on with --category and --teacher.")
    ((category, teacher),) = selection.pairs
    folder = out or Path("models") / f"{category}-{teacher}-released"
    channels = settings.fit_projection.channels or FitProjection.model_fields["channels"].default
    origin = {"category": category, "teacher": teacher, "network": network or "both"}
    train = import_checkpoint(file, folder, origin, settings.camera, channels, network)
    click.echo(f"{file} -> {folder}: width {train.width}, {train.blocks} blocks, {train.frequencies} frequencies")


@export.command("released-checkpoint")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The file to write.")
def export_released_checkpoint(model: Path, out: Path) -> None:
    """Write a model as a checkpoint that the authors' code loads.

    MODEL is a folder such as models/chair-dino-whole, with train.encoder resnet34.
    """
    from pipeline.exchange.released_checkpoint import export_checkpoint

    train = export_checkpoint(model, out)
    click.echo(f"{model} -> {out}")
    if train.pixel_centres != "corner":
        click.echo(
            "It was trained with train.pixel_centres half, and the authors' code reads it with corner: it loses up to "
            "4 points of 3D PCK there."
        )

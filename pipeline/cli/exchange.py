"""The commands `pipeline import ...` and `pipeline export ...`: exchange data with other programs.

Their commands are functions below; each imports what it needs when it runs, so that --help is fast.
"""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.group import Group
from pipeline.cli.options import Selection, with_settings

OUT_MODEL = "The model's folder.  [default: models/CATEGORY-TEACHER-released]"


@click.group("import", cls=Group)
def import_() -> None:
    """Take over what other programs made."""


@click.group("export", cls=Group)
def export() -> None:
    """Write what the stores hold in a form that other programs read."""


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
    from pipeline.config.teacher_settings import FitProjection
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

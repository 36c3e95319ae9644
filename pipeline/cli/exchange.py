"""`pipeline import ...` and `pipeline export ...`: exchange data with other programs.

Each command imports what it needs when it runs, so that --help is fast.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from pipeline.cli.group import Group
from pipeline.cli.options import (
    FILE,
    Command,
    Decorator,
    Selection,
    number_option,
    params_option,
    with_settings,
)
from pipeline.errors import UserError

SPLITS = ("train", "val", "test")  # pipeline.manifests.splits has them; it imports numpy
OUT_MODEL = "The model's folder.  [default: models/CATEGORY-TEACHER-released]"


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


def _add_format(name: str, text: str, *own: Decorator) -> None:
    """Add the command that exports a category in a format. `own` are options that not all formats have."""

    def command(selection: Selection, out: Path, maps: str | None = None, **choice: Any) -> None:
        from pipeline.exchange.export import ExportChoice, export_category
        from pipeline.exchange.exporters import EXPORTERS

        categories, exporter = selection.settings.categories, EXPORTERS[name]
        together = choice.pop("objects_per_shard", exporter.objects_together)
        if len(categories) > 1:
            raise UserError(f"give one --category of {', '.join(categories)}: a folder holds one.")
        if maps is not None:
            selection.settings.only(selection.category, maps)
        chosen = ExportChoice(name, categories[0], teacher=maps, **choice)
        count = export_category(selection.project, chosen, replace(exporter, objects_together=together), out)
        click.echo(f"{count} objects -> {out}")

    options: list[Decorator] = [
        *own,
        number_option("--limit", None, "At most this many objects."),
        click.option("--split", type=click.Choice(SPLITS), help="Only this split.  [default: all]"),
        click.option("--out", required=True, type=FILE, help="Write to this folder; it must be empty, or not exist."),
        with_settings("category"),
    ]
    decorated: Command = command
    for option in options:
        decorated = option(decorated)
    export.command(name, help=text)(decorated)


# Not the shared --teacher: without it, the settings name all teachers, and an export takes none.
_maps_option = click.option("--teacher", "-t", "maps", help="Also the feature maps of this teacher, as fp16.")
_add_format(
    "transforms",
    """Write transforms.json and images, for nerfstudio and Blender's NeRF scenes.

    A folder for each object: RGBA images, depth as 16-bit png if there is any, cameras in transforms.json.
    """,
)
_add_format(
    "png",
    """Write images with a 3x4 camera matrix beside each, as Objaverse renders have.

    A folder for each object: 000.png (RGBA) and 000.npy (world-to-camera, OpenGL axes), and so on, and intrinsics.npy.
    """,
)
_add_format(
    "npz",
    """Write one npz file an object: plain arrays for numpy, labels included.

    Images, poses, intrinsics, depth, labels, and with --teacher its features.
    """,
    _maps_option,
)
_add_format(
    "webdataset",
    """Write tar shards for webdataset: each view is a sample.

    Shards hold objects of one split: CATEGORY-SPLIT-000000.tar and so on.
    """,
    number_option("--objects-per-shard", 16, "Objects in each tar file."),
    _maps_option,
)


@import_.command("released-data")
@click.argument("root", type=FILE)
@click.option("--category", "-c", "categories", multiple=True, help="A category's name or synset. Can be repeated.")
@click.option("--splits", type=FILE, help="Folder of the released split files, assets/splits.")
@params_option("Write the settings to this file.")
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
@click.option("--out", type=FILE, required=True, help="Write below this folder.")
@click.option("--teacher", "-t", "maps_of", help="Write the maps of this teacher, too.")
def export_released_data(selection: Selection, overwrite: bool, out: Path, maps_of: str | None) -> None:
    """Write views, labels and maps in the layout of the released FeatureNeRF code."""
    from pipeline.exchange.released_data import export_released

    for category in selection.settings.categories:
        click.echo(export_released(selection.project, category, maps_of, out, overwrite))


@import_.command("released-checkpoint")
@with_settings("category", "teacher")
@click.argument("file", type=FILE)
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
@click.argument("model", type=FILE)
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

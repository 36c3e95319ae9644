"""`pipeline export transforms | png | npz | webdataset`. Each command imports what it needs when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pipeline.cli.exchange.groups import export
from pipeline.cli.options import Command, Selection, with_settings
from pipeline.errors import UserError

SPLITS = ("train", "val", "test")  # pipeline.manifests.splits has them; it imports numpy


def _choice(command: Command) -> Command:
    """Add the options that say what is exported, and where to."""
    for option in (
        click.option("--limit", type=click.IntRange(min=1), help="At most this many objects."),
        click.option("--split", type=click.Choice(SPLITS), help="Only this split.  [default: all]"),
        click.option(
            "--out",
            required=True,
            type=click.Path(path_type=Path),
            help="Write to this folder; it must be empty, or not exist.",
        ),
    ):
        command = option(command)
    return with_settings("category")(command)


# Not the shared --teacher: without it, the settings name all teachers, and an export takes none.
_maps_option = click.option("--teacher", "-t", "maps", help="Also the feature maps of this teacher, as fp16.")


def _export(selection: Selection, name: str, out: Path, exporter_options: dict[str, Any], **choice: Any) -> None:
    from pipeline.exchange.export import ExportChoice, export_category
    from pipeline.exchange.exporters import EXPORTERS

    categories, teacher = selection.settings.categories, choice.get("teacher")
    if len(categories) > 1:
        raise UserError(f"give one --category of {', '.join(categories)}: a folder holds one.")
    if teacher is not None:
        selection.settings.only(selection.category, teacher)
    exporter = EXPORTERS[name](**exporter_options)
    count = export_category(selection.project, ExportChoice(name, categories[0], **choice), exporter, out)
    click.echo(f"{count} objects -> {out}")


@export.command("transforms")
@_choice
def export_transforms(selection: Selection, out: Path, **choice: Any) -> None:
    """Write transforms.json and images, for nerfstudio and Blender's NeRF scenes.

    A folder for each object: RGBA images, depth as 16-bit png if there is any, cameras in transforms.json.
    """
    _export(selection, "transforms", out, {}, **choice)


@export.command("png")
@_choice
def export_png(selection: Selection, out: Path, **choice: Any) -> None:
    """Write images with a 3x4 camera matrix beside each, as Objaverse renders have.

    A folder for each object: 000.png (RGBA) and 000.npy (world-to-camera, OpenGL axes), and so on, and intrinsics.npy.
    """
    _export(selection, "png", out, {}, **choice)


@export.command("npz")
@_choice
@_maps_option
def export_npz(selection: Selection, out: Path, maps: str | None, **choice: Any) -> None:
    """Write one npz file an object: plain arrays for numpy, labels included.

    Images, poses, intrinsics, depth, labels, and with --teacher its features.
    """
    _export(selection, "npz", out, {}, teacher=maps, **choice)


@export.command("webdataset")
@_choice
@_maps_option
@click.option(
    "--objects-per-shard",
    type=click.IntRange(min=1),
    default=16,
    show_default=True,
    help="Objects in each tar file.",
)
def export_webdataset(selection: Selection, out: Path, maps: str | None, objects_per_shard: int, **choice: Any) -> None:
    """Write tar shards for webdataset: each view is a sample.

    Shards hold objects of one split: CATEGORY-SPLIT-000000.tar and so on.
    """
    _export(selection, "webdataset", out, {"objects_together": objects_per_shard}, teacher=maps, **choice)

"""The command `evaluate-views`: measure how well a trained field renders views that were made elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.options import FILE, device_option, file_option, model_option, number_option, split_option

if TYPE_CHECKING:
    from featurenerf.measured.views import Background


def _parse_sources(_ctx: click.Context, _option: click.Parameter, text: str) -> tuple[int, ...]:
    numbers = text.replace(",", " ").split()
    if not numbers or not all(number.isascii() and number.isdecimal() for number in numbers):
        raise click.BadParameter("give numbers of views, counted from 0, such as --sources 64,104")
    sources = tuple(int(number) for number in numbers)
    if len(set(sources)) < len(sources):
        raise click.BadParameter(f"view {max(sources, key=sources.count)} is named twice")
    return sources


@click.command("evaluate-views")
@click.argument("root", type=FILE)
@model_option
@click.option("--category", "-c", required=True, help="The category of the field.")
@click.option("--layout", default="srn", show_default=True, help="How the views are laid out, as in source.layout.")
@split_option
@click.option(
    "--sources",
    default="64",
    show_default=True,
    callback=_parse_sources,
    help="Views that the field sees, counted from 0: 64, or 64,104. As many as train.source_views are meant.",
)
@number_option("--targets", None, "At most this many other views of an object, evenly spread.")
@number_option("--objects", None, "At most this many objects, the first ones by name.")
@click.option(
    "--background",
    type=click.Choice(("white", "black")),
    default="white",
    show_default=True,
    help="What rendered and true views are put over.",
)
@click.option(
    "--scale", type=click.FloatRange(min=0, min_open=True), default=1.0, show_default=True, help="source.scale"
)
@file_option("--out", "Write results here.  [default: results/views/NAME.CATEGORY-SPLIT-SOURCES.json]")
@number_option("--rays", 512, "Rays at once; a GPU wants thousands.")
@device_option
def evaluate_views(
    root: Path,
    model: Path,
    category: str,
    layout: str,
    split: str,
    sources: tuple[int, ...],
    targets: int | None,
    objects: int | None,
    background: Background,
    scale: float,
    out: Path | None,
    rays: int,
    device: str,
) -> None:
    """Measure view synthesis on the views below ROOT as pixel-nerf does on SRN's renders: PSNR and SSIM.

    The source views of each object are encoded together, all its other views are rendered. Means are over the views of
    an object, then over objects.

    \b
    pipeline evaluate-views srn_cars --field models/car-dino-whole --category car --sources 64,104
    """
    from featurenerf.measured.views import GivenObjects, GivenViewTask, measure_views
    from pipeline.stores.writable import require_writable

    require_writable(Path("results"))
    asked = GivenObjects(root, layout, category, split, scale, objects)
    for line in measure_views(model, asked, GivenViewTask(sources, targets, background), out, device, rays):
        click.echo(line)

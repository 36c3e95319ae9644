"""The command `evaluate-photos`: measure a trained field on pairs of real photographs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.options import FILE, SETTINGS_OPTIONS, device_option, file_option, model_option, number_option
from pipeline.errors import UserError

if TYPE_CHECKING:
    from featurenerf.measured.photo_evaluation import PhotoMap
    from featurenerf.measured.spair_photos import CutOut
    from pipeline.datasets.spair.spair_folder import PhotoSplit


@click.command("evaluate-photos")
@click.argument("root", type=FILE)
@model_option
@click.option("--category", "-c", required=True, help="plane, car, chair, bottle, motorcycle, or SPair-71k's own name.")
@click.option("--split", type=click.Choice(("trn", "val", "test")), default="test", show_default=True)
@click.option("--layout", type=click.Choice(("large", "small")), default="large", show_default=True, help="The list.")
@number_option("--pairs", None, "At most this many pairs, at even distances in the list.")
@click.option(
    "--cut-out",
    type=click.Choice(("segmentation", "box")),
    default="segmentation",
    show_default=True,
    help="What says where the object is. A photo without segmentation is cut out by its box.",
)
@click.option("--azimuth", type=float, help="Assume this camera for every photo. Without it cameras are estimated.")
@click.option("--elevation", type=float, help="The camera's angle above the horizontal plane in degrees.")
@click.option("--teacher", "-t", help="Measure this teacher's own map too, with the settings of params.yaml.")
@SETTINGS_OPTIONS["params"]
@click.option(
    "--other-methods",
    "others",
    type=FILE,
    help="A csv of published numbers: method,category,metric,threshold,value,source.",
)
@file_option("--out", "Write the results here.  [default: results/photos/NAME.CATEGORY-SPLIT.json]")
@device_option
def evaluate_photos(
    root: Path,
    model: Path,
    category: str,
    split: PhotoSplit,
    layout: str,
    pairs: int | None,
    cut_out: CutOut,
    azimuth: float | None,
    elevation: float | None,
    teacher: str | None,
    params: Path,
    others: Path | None,
    out: Path | None,
    device: str,
) -> None:
    """Measure keypoint transfer between the photographs of SPair-71k, whose folder is ROOT.

    Photos are cut out and framed as training views are, seen once each, and matched by the field's internal features.
    Prints PCK in pixels of an image of 128, and in shares of the target's box and image, beside controls. The report
    shows these results beside the model's others.

    \b
    pipeline evaluate-photos SPair-71k --field models/chair-lite0-whole --category chair
    """
    from functools import partial

    from featurenerf.measured.photo_evaluation import PhotoPairs
    from featurenerf.measured.photos import measure_photos
    from featurenerf.measured.spair_photos import PhotoCamera
    from pipeline.datasets.spair.spair_folder import spair_category
    from pipeline.stores.writable import require_writable

    require_writable(Path("results"))
    if (azimuth is None) != (elevation is None):
        raise UserError("one of azimuth and elevation is missing; give both, or neither to estimate the cameras.")
    asked, camera = PhotoPairs(spair_category(category), split, layout, pairs), PhotoCamera(azimuth, elevation)
    maps = {} if teacher is None else {teacher: partial(_open_map, params, teacher, category)}
    for line in measure_photos(model, root, asked, camera, cut_out, maps, others, out, device):
        click.echo(line)


def _open_map(params: Path, teacher: str, category: str, size: int) -> PhotoMap:
    """Load a teacher by the settings of params.yaml, for images of this size."""
    from pipeline.artifacts.project import Project
    from pipeline.config.settings import load_settings
    from pipeline.upkeep.photo_teacher import open_photo_teacher

    return open_photo_teacher(Project(load_settings(params)), teacher, category, size)

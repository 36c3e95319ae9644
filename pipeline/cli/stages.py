"""The stages, one command each, in their order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.options import (
    ablation_option,
    category_option,
    load,
    overwrite_option,
    settings_options,
    store_options,
    teacher_option,
)

if TYPE_CHECKING:
    from pipeline.config.names import Ablation


@click.command()
@category_option
@overwrite_option
@settings_options
def synthesize(category: str | None, overwrite: bool, params: Path, overrides: tuple[str, ...]) -> None:
    """Make up objects, in the file layouts of the published data sets."""
    from pipeline.stages.synthesize import synthesize_category

    settings = load(params, overrides, category)
    for name in settings.categories:
        synthesize_category(settings, name, overwrite)


@click.command()
@category_option
@settings_options
def survey(category: str | None, params: Path, overrides: tuple[str, ...]) -> None:
    """Record the names, sizes and times of the raw files.

    `dvc repro` runs this every time, and makes the manifest again if a mesh or an annotation is new, changed or gone.
    """
    from pipeline.stages.survey import survey_category

    settings = load(params, overrides, category)
    for name in settings.categories:
        survey_category(settings, name)


@click.command()
@category_option
@settings_options
def manifest(category: str | None, params: Path, overrides: tuple[str, ...]) -> None:
    """List objects, splits and pairs in data_manifests/CATEGORY.json.

    Also records checksums, the matrices into the world frame, and which objects were dropped and why.
    """
    from pipeline.stages.manifest import make_manifest

    settings = load(params, overrides, category)
    for name in settings.categories:
        make_manifest(settings, name)


@click.command()
@category_option
@store_options
def render(
    category: str | None,
    limit: int | None,
    shard: str | None,
    scheduler: str | None,
    overwrite: bool,
    params: Path,
    overrides: tuple[str, ...],
) -> None:
    """Render every object: colour, depth and poses."""
    from pipeline.executors.shard import parse_shard
    from pipeline.stages.render import render_category

    settings = load(params, overrides, category, scheduler=scheduler)
    for name in settings.categories:
        render_category(settings, name, limit, overwrite, parse_shard(shard))


@click.command()
@category_option
@store_options
def label(
    category: str | None,
    limit: int | None,
    shard: str | None,
    scheduler: str | None,
    overwrite: bool,
    params: Path,
    overrides: tuple[str, ...],
) -> None:
    """Project keypoints and parts into the views."""
    from pipeline.executors.shard import parse_shard
    from pipeline.stages.label import label_category

    settings = load(params, overrides, category, scheduler=scheduler)
    for name in settings.categories:
        label_category(settings, name, limit, overwrite, parse_shard(shard))


@click.command("fit-projection")
@category_option
@teacher_option
@overwrite_option
@settings_options
def fit_projection(
    category: str | None, teacher: str | None, overwrite: bool, params: Path, overrides: tuple[str, ...]
) -> None:
    """Fit the teachers' projections and scales on train views.

    A teacher with more channels than fit-projection.channels is projected to that number by PCA. This comes before
    cache-teachers, so that each map is computed once.
    """
    from pipeline.stages.fit_projection import fit_teacher

    settings = load(params, overrides, category, teacher)
    for name in settings.categories:
        for teacher_name in settings.teachers:
            fit_teacher(settings, name, teacher_name, overwrite)


@click.command("cache-teachers")
@category_option
@teacher_option
@store_options
def cache_teachers(
    category: str | None,
    teacher: str | None,
    limit: int | None,
    shard: str | None,
    scheduler: str | None,
    overwrite: bool,
    params: Path,
    overrides: tuple[str, ...],
) -> None:
    """Compute the teachers' feature maps of all views and store them."""
    from pipeline.executors.shard import parse_shard
    from pipeline.stages.cache_teachers import cache_teacher

    settings = load(params, overrides, category, teacher, scheduler)
    for name in settings.categories:
        for teacher_name in settings.teachers:
            cache_teacher(settings, name, teacher_name, limit, overwrite, parse_shard(shard))


@click.command()
@category_option
@teacher_option
@ablation_option
@overwrite_option
@click.option(
    "--resume",
    is_flag=True,
    help="Fail if these settings have no run to continue. Without it, a run is continued or started.",
)
@click.option(
    "--overfit-one",
    is_flag=True,
    help="Train on one object, to see whether the losses fall. Publishes no model.",
)
@click.option(
    "--profile", is_flag=True, help="Write a trace of five steps to the run's folder; open it at ui.perfetto.dev."
)
@click.option("--tensorboard", is_flag=True, help="Write curves and pictures for TensorBoard too.")
@settings_options
def train(
    category: str | None,
    teacher: str | None,
    ablation: Ablation | None,
    overwrite: bool,
    resume: bool,
    overfit_one: bool,
    profile: bool,
    tensorboard: bool,
    params: Path,
    overrides: tuple[str, ...],
) -> None:
    """Train one feature field for each category and teacher.

    SIGINT (Ctrl-C) and SIGTERM write a checkpoint and end with exit code 75; the same command continues from it.
    Several GPUs: `torchrun --nproc-per-node 2 -m pipeline.cli train`.
    """
    from pipeline.config.field_name import FieldName
    from pipeline.stages.train import TrainOptions, train_field

    settings = load(params, overrides, category, teacher)
    options = TrainOptions(overwrite, resume, overfit_one, profile, tensorboard)
    for name in settings.categories:
        for teacher_name in settings.teachers:
            train_field(settings, FieldName(name, teacher_name, ablation), options)


@click.command()
@category_option
@teacher_option
@ablation_option
@click.option(
    "--pair",
    nargs=3,
    type=(str, str, int),
    metavar="SRC TRG VIEW",
    help="Draw the transfer from object SRC to object TRG, both seen in view number VIEW, and measure nothing. Needs "
    "--category.",
)
@settings_options
def evaluate(
    category: str | None,
    teacher: str | None,
    ablation: Ablation | None,
    pair: tuple[str, str, int] | None,
    params: Path,
    overrides: tuple[str, ...],
) -> None:
    """Measure transfer and view synthesis on the test split."""
    from pipeline.config.field_name import FieldName
    from pipeline.stages.evaluate import evaluate_field, evaluate_pair

    settings = load(params, overrides, category, teacher)
    if pair is not None and category is None and len(settings.categories) > 1:
        raise click.UsageError("--pair needs --category: an object belongs to one.")
    for name in settings.categories:
        for teacher_name in settings.teachers:
            field = FieldName(name, teacher_name, ablation)
            if pair is None:
                evaluate_field(settings, field)
            else:
                evaluate_pair(settings, field, *pair)


@click.command()
@settings_options
def report(params: Path, overrides: tuple[str, ...]) -> None:
    """Write report/report.html: tables, curves and pictures."""
    from pipeline.stages.report import make_report

    make_report(load(params, overrides, None))

"""The stages, one command each, in their order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.options import STORE_OPTIONS, Selection, with_settings
from pipeline.progress import say

if TYPE_CHECKING:
    from pipeline.config.names import Variant
    from pipeline.executors.shard import Shard


def prepare(selection: Selection, *folders: str, sees: bool = True) -> None:
    """Check that results can be written to these folders; if the stage sees objects, that rays are sampled there."""
    from pipeline.stores.writable import require_writable

    settings = selection.settings
    require_writable(*map(Path, folders))
    if sees and settings.source.kind != "renders":
        doubt = settings.camera.doubt(settings.manifest.longest_edge)
        if doubt is not None:
            say(f"warning: {doubt}.")


def doubt_given_views(selection: Selection) -> None:
    """Say which views that were made elsewhere cannot be learned from with near and far of these settings."""
    from pipeline.artifacts.doubtful_views import doubtful_views

    camera = selection.settings.camera
    for category in selection.settings.categories:
        facts = [marker.facts for marker in selection.project.views(category).markers()]
        for sentence in doubtful_views(facts, camera.near, camera.far):
            say(f"warning: {category}: {sentence}.")


@click.command()
@with_settings("category", "overwrite")
def synthesize(selection: Selection, overwrite: bool) -> None:
    """Make up objects, in the file layouts of the published data sets."""
    prepare(selection, selection.settings.storage.root, "receipts", sees=False)

    from pipeline.stages.synthesize import synthesize_category

    for category in selection.settings.categories:
        synthesize_category(selection.settings, category, overwrite)


@click.command()
@with_settings("category")
def survey(selection: Selection) -> None:
    """Record the names, sizes and times of the raw files.

    `dvc repro` runs this every time, and makes the manifest again if a mesh or an annotation is new, changed or gone.
    """
    prepare(selection, "receipts", sees=False)

    from pipeline.stages.survey import survey_category

    for category in selection.settings.categories:
        survey_category(selection.settings, category)


@click.command()
@with_settings("category")
def manifest(selection: Selection) -> None:
    """List objects, splits and pairs in data_manifests/CATEGORY.json.

    Also records checksums, the matrices into the world frame, and which objects were dropped and why.
    """
    prepare(selection, "data_manifests")

    from pipeline.stages.manifest import make_manifest

    for category in selection.settings.categories:
        make_manifest(selection.settings, category)


@click.command()
@with_settings("category", *STORE_OPTIONS)
def render(selection: Selection, limit: int | None, shard: Shard, overwrite: bool) -> None:
    """Render every object: colour, depth and poses."""
    prepare(selection, selection.settings.storage.root, "receipts")

    from pipeline.stages.render import render_category

    for category in selection.settings.categories:
        render_category(selection.settings, category, limit, overwrite, shard)


@click.command()
@with_settings("category", *STORE_OPTIONS)
def label(selection: Selection, limit: int | None, shard: Shard, overwrite: bool) -> None:
    """Project keypoints and parts into the views."""
    prepare(selection, selection.settings.storage.root, "receipts", sees=False)

    from pipeline.stages.label import label_category

    for category in selection.settings.categories:
        label_category(selection.settings, category, limit, overwrite, shard)


@click.command("fit-projection")
@with_settings("category", "teacher", "overwrite")
def fit_projection(selection: Selection, overwrite: bool) -> None:
    """Fit the teachers' projections and scales on train views.

    A teacher with more channels than fit-projection.channels is projected to that number by PCA. This comes before
    cache-teachers, so that each map is computed once.
    """
    prepare(selection, selection.settings.storage.root, "receipts", sees=False)

    from pipeline.stages.fit_projection import fit_teacher

    for category, teacher in selection.pairs:
        fit_teacher(selection.settings, category, teacher, overwrite)


@click.command("cache-teachers")
@with_settings("category", "teacher", *STORE_OPTIONS)
def cache_teachers(selection: Selection, limit: int | None, shard: Shard, overwrite: bool) -> None:
    """Compute the teachers' feature maps of all views and store them."""
    prepare(selection, selection.settings.storage.root, "receipts", sees=False)

    from pipeline.stages.cache_teachers import cache_teacher

    for category, teacher in selection.pairs:
        cache_teacher(selection.settings, category, teacher, limit, overwrite, shard)


@click.command()
@with_settings("category", "teacher", "field", "overwrite")
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
def train(
    selection: Selection,
    field: Variant,
    overwrite: bool,
    resume: bool,
    overfit_one: bool,
    profile: bool,
    tensorboard: bool,
) -> None:
    """Train one feature field for each category and teacher.

    SIGINT (Ctrl-C) and SIGTERM write a checkpoint and end with exit code 75; the same command continues from it.
    Several GPUs: `torchrun --nproc-per-node 2 -m pipeline.cli train`.
    """
    prepare(selection, selection.settings.storage.root, "models", "curves")
    if selection.settings.source.kind == "renders":
        doubt_given_views(selection)

    from pipeline.config.field_name import FieldName
    from pipeline.stages.train import TrainOptions, train_field

    options = TrainOptions(overwrite, resume, overfit_one, profile, tensorboard)
    for category, teacher in selection.pairs:
        train_field(selection.settings, FieldName(category, teacher, field), options)


@click.command()
@with_settings("category", "teacher", "field")
@click.option(
    "--pair",
    nargs=3,
    type=(str, str, int),
    metavar="SRC TRG VIEW",
    help="Draw the transfer from object SRC to object TRG, both seen in view number VIEW, and measure nothing. Needs "
    "--category.",
)
def evaluate(selection: Selection, field: Variant, pair: tuple[str, str, int] | None) -> None:
    """Measure transfer and view synthesis on the test split."""
    prepare(selection, "results", sees=pair is None)

    from pipeline.config.field_name import FieldName
    from pipeline.stages.evaluate import evaluate_field, evaluate_pair

    if pair is not None and selection.category is None and len(selection.settings.categories) > 1:
        raise click.UsageError("--pair needs --category: an object belongs to one.")
    for category, teacher in selection.pairs:
        name = FieldName(category, teacher, field)
        if pair is None:
            evaluate_field(selection.settings, name)
        else:
            evaluate_pair(selection.settings, name, *pair)


@click.command()
@with_settings()
def report(selection: Selection) -> None:
    """Write report/report.html: tables, curves and pictures."""
    prepare(selection, "report", sees=False)

    from pipeline.stages.report import make_report

    make_report(selection.settings)

"""The command line: one command a stage. Importing this imports nothing heavy, so that --help is quick."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.errors import UserError

if TYPE_CHECKING:
    from pipeline.settings import Settings

USER_ERROR = 2
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
Command = Callable[..., Any]


class Group(click.Group):
    """Lists the commands in the order of the pipeline and turns a UserError into one sentence and exit code 2."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The stages in the order in which data walks through them."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run, without a traceback for what a user can put right."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            message = str(error)
        except OSError as error:  # a full disk, a folder that is not ours
            if error.strerror is None:
                raise
            message = f"{error.strerror}: {error.filename or 'while writing'}."
        click.echo(f"error: {message}", err=True)
        sys.exit(USER_ERROR)


@click.group(cls=Group, context_settings=CONTEXT)
@click.version_option(package_name="featurenerf-pipeline")
def main() -> None:
    """FeatureNeRF as a pipeline: render, cache 2D teachers, train a feature field, measure transfer.

    Each command is one stage and does exactly what `dvc repro` does for it. Settings stand in params.yaml; `pipeline
    profile` switches all of them at once. Without --category (or --teacher) a command works on all that params.yaml
    names. A stage that was killed continues; a complete one is verified and kept.
    """


def _settings_options(command: Command) -> Command:
    command = click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help="Override one setting for this run, e.g. --set train.steps=50. May be repeated.",
    )(command)
    return click.option(
        "--params",
        type=click.Path(path_type=Path, dir_okay=False),
        default=Path("params.yaml"),
        show_default=True,
        help="The file with the settings.",
    )(command)


def _category_option(command: Command) -> Command:
    return click.option(
        "--category",
        "-c",
        help="One category: plane, chair, car, table, bottle, motorcycle; or your own, with source.kind folder.",
    )(command)


def _teacher_option(command: Command) -> Command:
    return click.option("--teacher", "-t", help="One teacher, such as daisy.")(command)


def _limit_option(command: Command) -> Command:
    return click.option(
        "--limit", type=click.IntRange(min=1), help="At most so many objects of a category; a later run adds the rest."
    )(command)


def _shard_option(command: Command) -> Command:
    return click.option(
        "--shard",
        metavar="I/N",
        help="Only every N-th object, from the I-th: one command a machine; then once without, for the receipt.",
    )(command)


def _scheduler_option(command: Command) -> Command:
    return click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="Do it on the workers of this dask scheduler, such as tcp://10.0.0.1:8786, instead of on this machine: "
        "`dask scheduler` starts one and prints its address, `dask worker ADDRESS --nthreads 1`, in this folder on "
        "each machine, a worker. Short for --set machine.scheduler=ADDRESS.",
    )(command)


def _overwrite_option(command: Command) -> Command:
    return click.option("--overwrite", is_flag=True, help="Make again what is there already.")(command)


def _store_options(command: Command) -> Command:
    """What the stages have in common that fill a store object by object."""
    for option in (_settings_options, _overwrite_option, _scheduler_option, _shard_option, _limit_option):
        command = option(command)
    return command


def _load(
    params: Path,
    overrides: tuple[str, ...],
    category: str | None,
    teacher: str | None = None,
    scheduler: str | None = None,
) -> Settings:
    from pipeline.settings import load_settings

    if scheduler is not None:
        overrides += (f"machine.scheduler={json.dumps(scheduler)}",)
    settings = load_settings(params, overrides)
    return settings.only(category, teacher)


@main.command()
@_category_option
@_overwrite_option
@_settings_options
def synthesize(category: str | None, overwrite: bool, params: Path, overrides: tuple[str, ...]) -> None:
    """Make up objects, written as the published data sets are."""
    from pipeline.stages.synthesize import synthesize_category

    settings = _load(params, overrides, category)
    for name in settings.categories:
        synthesize_category(settings, name, overwrite)


@main.command()
@_category_option
@_settings_options
def manifest(category: str | None, params: Path, overrides: tuple[str, ...]) -> None:
    """List objects, splits and pairs.

    With checksums, the maps into the world frame, and what was dropped and why.
    """
    from pipeline.stages.manifest import make_manifest

    settings = _load(params, overrides, category)
    for name in settings.categories:
        make_manifest(settings, name)


@main.command()
@_category_option
@_store_options
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
    from pipeline.shard import parse_shard
    from pipeline.stages.render import render_category

    settings = _load(params, overrides, category, scheduler=scheduler)
    for name in settings.categories:
        render_category(settings, name, limit, overwrite, parse_shard(shard))


@main.command()
@_category_option
@_store_options
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
    from pipeline.shard import parse_shard
    from pipeline.stages.label import label_category

    settings = _load(params, overrides, category, scheduler=scheduler)
    for name in settings.categories:
        label_category(settings, name, limit, overwrite, parse_shard(shard))


@main.command("cache-teachers")
@_category_option
@_teacher_option
@_store_options
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
    """Run the 2D teachers over all views and keep their maps."""
    from pipeline.shard import parse_shard
    from pipeline.stages.cache_teachers import cache_teacher

    settings = _load(params, overrides, category, teacher, scheduler)
    for name in settings.categories:
        for teacher_name in settings.teachers:
            cache_teacher(settings, name, teacher_name, limit, overwrite, parse_shard(shard))


@main.command()
@_category_option
@_teacher_option
@_overwrite_option
@_settings_options
def train(category: str | None, teacher: str | None, overwrite: bool, params: Path, overrides: tuple[str, ...]) -> None:
    """Train one feature field for each category and teacher."""
    from pipeline.stages.train import train_field

    settings = _load(params, overrides, category, teacher)
    for name in settings.categories:
        for teacher_name in settings.teachers:
            train_field(settings, name, teacher_name, overwrite)


@main.command()
@_category_option
@_teacher_option
@_settings_options
def evaluate(category: str | None, teacher: str | None, params: Path, overrides: tuple[str, ...]) -> None:
    """Measure transfer and view synthesis on the test split."""
    from pipeline.stages.evaluate import evaluate_field

    settings = _load(params, overrides, category, teacher)
    for name in settings.categories:
        for teacher_name in settings.teachers:
            evaluate_field(settings, name, teacher_name)


@main.command()
@_settings_options
def report(params: Path, overrides: tuple[str, ...]) -> None:
    """Write report/report.html: tables, curves and pictures."""
    from pipeline.stages.report import make_report

    make_report(_load(params, overrides, None))


@main.command()
@_category_option
@click.option("--limit", type=click.IntRange(min=1), help="At most so many objects of a category.")
@click.option("--csv", "table", type=click.Path(path_type=Path, dir_okay=False), help="Write every finding here.")
@_settings_options
def audit(
    category: str | None, limit: int | None, table: Path | None, params: Path, overrides: tuple[str, ...]
) -> None:
    """Say what is wrong with a collection of meshes.

    Reads every mesh and texture, writes nothing (but --csv): unreadable files, missing textures, twin or degenerate
    faces, odd extents, objects that leave the image or the sampled range. Needs no manifest.
    """
    from pipeline.stages.audit import audit_category, audit_table, write_audit

    settings = _load(params, overrides, category)
    audits = []
    for name in settings.categories:
        found = audit_category(settings, name, limit)
        click.echo(audit_table(name, found))
        audits += [(name, audit) for audit in found]
    if table is not None:
        write_audit(table, audits)
        click.echo(f"{len(audits)} objects -> {table}")


@main.group()
def show() -> None:
    """Look at what a stage made."""


@show.command("views")
@_category_option
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The picture; views-CATEGORY.png without.")
@click.option("--objects", type=click.IntRange(min=1), default=24, show_default=True, help="At most so many objects.")
@_settings_options
def show_views(category: str | None, out: Path | None, objects: int, params: Path, overrides: tuple[str, ...]) -> None:
    """A contact sheet of a category's rendered objects."""
    from pipeline.stages.show_views import show_views as show_category

    settings = _load(params, overrides, category)
    if out is not None and len(settings.categories) > 1:
        raise UserError("--out names one picture: give --category too.")
    for name in settings.categories:
        click.echo(show_category(settings, name, objects, out or Path(f"views-{name}.png")))


@main.command()
@click.argument("name", required=False)
@click.option("--force", is_flag=True, help="Replace a params.yaml that holds edits of your own.")
def profile(name: str | None, force: bool) -> None:
    """Switch params.yaml to a profile: demo, smoke or paper. Without NAME, list them."""
    from pipeline.profiles import list_profiles, use_profile

    if name is None:
        click.echo("\n".join(list_profiles()))
    else:
        click.echo(use_profile(name, force))


if __name__ == "__main__":
    main()

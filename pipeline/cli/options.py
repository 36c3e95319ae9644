"""Options that several commands share, and the settings that they select."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.config.names import ABLATIONS

if TYPE_CHECKING:
    from pipeline.config.settings import Settings

Command = Callable[..., Any]


def settings_options(command: Command) -> Command:
    """Add --params and --set."""
    command = click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help="Change one setting for this run, e.g. --set train.steps=50. Can be repeated.",
    )(command)
    return click.option(
        "--params",
        type=click.Path(path_type=Path, dir_okay=False),
        default=Path("params.yaml"),
        show_default=True,
        help="Read the settings from this file.",
    )(command)


def category_option(command: Command) -> Command:
    """Add --category."""
    return click.option(
        "--category",
        "-c",
        help="Only this category: plane, chair, car, table, bottle or motorcycle; with source.kind folder, your own.",
    )(command)


def teacher_option(command: Command) -> Command:
    """Add --teacher."""
    return click.option("--teacher", "-t", help="Only this teacher, such as daisy.")(command)


def ablation_option(command: Command) -> Command:
    """Add --ablation."""
    return click.option(
        "--ablation",
        type=click.Choice(ABLATIONS),
        help="The field without this part of the method, instead of the whole field.",
    )(command)


def limit_option(command: Command) -> Command:
    """Add --limit."""
    return click.option(
        "--limit",
        type=click.IntRange(min=1),
        help="At most this many objects of a category. A later run adds the rest.",
    )(command)


def shard_option(command: Command) -> Command:
    """Add --shard."""
    return click.option(
        "--shard",
        metavar="I/N",
        help="Only every N-th object, starting at the I-th. Run one shard on each machine, then the command once "
        "without --shard: it writes the receipt.",
    )(command)


def scheduler_option(command: Command) -> Command:
    """Add --scheduler."""
    return click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="Use the workers of this dask scheduler, such as tcp://10.0.0.1:8786, instead of this machine. `dask "
        "scheduler` starts one and prints its address. `dask worker ADDRESS --nthreads 1`, in this folder on each "
        "machine, starts a worker. Short for --set machine.scheduler=ADDRESS.",
    )(command)


def overwrite_option(command: Command) -> Command:
    """Add --overwrite."""
    return click.option("--overwrite", is_flag=True, help="Make results again that are there already.")(command)


def store_options(command: Command) -> Command:
    """Add the options of the stages that fill a store object by object."""
    for option in (settings_options, overwrite_option, scheduler_option, shard_option, limit_option):
        command = option(command)
    return command


def load(
    params: Path,
    overrides: tuple[str, ...],
    category: str | None,
    teacher: str | None = None,
    scheduler: str | None = None,
) -> Settings:
    """Load the settings that the options select. Raises UserError."""
    from pipeline.config.settings import load_settings

    if scheduler is not None:
        overrides += (f"machine.scheduler={json.dumps(scheduler)}",)
    settings = load_settings(params, overrides)
    return settings.only(category, teacher)

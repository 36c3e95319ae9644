"""Options that several commands have in common, and the settings that they stand for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.config.ablations import ABLATIONS

if TYPE_CHECKING:
    from pipeline.config.settings import Settings

Command = Callable[..., Any]


def settings_options(command: Command) -> Command:
    """Where the settings come from."""
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


def category_option(command: Command) -> Command:
    """Which category."""
    return click.option(
        "--category",
        "-c",
        help="One category: plane, chair, car, table, bottle, motorcycle; or your own, with source.kind folder.",
    )(command)


def teacher_option(command: Command) -> Command:
    """Which teacher."""
    return click.option("--teacher", "-t", help="One teacher, such as daisy.")(command)


def ablation_option(command: Command) -> Command:
    """Which part of the method is left out."""
    return click.option(
        "--ablation",
        type=click.Choice(ABLATIONS),
        help="Not the whole field, but one that lacks a part of the method.",
    )(command)


def limit_option(command: Command) -> Command:
    """How many objects."""
    return click.option(
        "--limit", type=click.IntRange(min=1), help="At most so many objects of a category; a later run adds the rest."
    )(command)


def shard_option(command: Command) -> Command:
    """A part of the objects."""
    return click.option(
        "--shard",
        metavar="I/N",
        help="Only every N-th object, from the I-th: one command a machine; then once without, for the receipt.",
    )(command)


def scheduler_option(command: Command) -> Command:
    """A cluster instead of this machine."""
    return click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="Do it on the workers of this dask scheduler, such as tcp://10.0.0.1:8786, instead of on this machine: "
        "`dask scheduler` starts one and prints its address, `dask worker ADDRESS --nthreads 1`, in this folder on "
        "each machine, a worker. Short for --set machine.scheduler=ADDRESS.",
    )(command)


def overwrite_option(command: Command) -> Command:
    """Make again instead of keeping."""
    return click.option("--overwrite", is_flag=True, help="Make again what is there already.")(command)


def store_options(command: Command) -> Command:
    """What the stages have in common that fill a store object by object."""
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
    """The settings that the options stand for. Raises UserError."""
    from pipeline.config.settings import load_settings

    if scheduler is not None:
        overrides += (f"machine.scheduler={json.dumps(scheduler)}",)
    settings = load_settings(params, overrides)
    return settings.only(category, teacher)

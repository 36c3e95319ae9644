"""Check what an option names before any work is done: files and folders to write, numbers, options without effect."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import click
from click.core import ParameterSource


def file_to_write(_ctx: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """Check a file that is written at the end."""
    if path is not None:
        if path.is_dir():
            raise click.BadParameter(f"{path} is a folder: name a file")
        folder_to_write(_ctx, _option, path.absolute().parent)
    return path


def file_named(ending: str) -> Callable[[click.Context, click.Parameter, Path | None], Path | None]:
    """Return a callback of an option whose file's name must end so, such as with `.ply`, and can be written."""

    def check(context: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
        if path is not None and path.suffix.lower() != ending:
            raise click.BadParameter(f"{path} must end in {ending}")
        return file_to_write(context, option, path)

    return check


def folder_to_write(_ctx: click.Context, _option: click.Parameter, path: Path) -> Path:
    """Check a folder that is made if it does not exist: it, or the nearest one above it, is tried."""
    from pipeline.stores.writable import require_writable

    require_writable(path)
    return path


def finite(_ctx: click.Context, _option: click.Parameter, value: float | None) -> float | None:
    """Refuse nan and infinity, which click's ranges let pass."""
    if value is not None and not math.isfinite(value):
        raise click.BadParameter("it must be a finite number")
    return value


def refuse_without_effect(options: tuple[str, ...], reason: str) -> None:
    """Refuse options, by the names of their parameters, that are given where they have no effect."""
    context = click.get_current_context()
    for name in options:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{name.replace('_', '-')} has no effect {reason}.")

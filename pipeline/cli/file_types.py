"""Check the ending of a file that an option names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click


def file_named(ending: str) -> Callable[[click.Context, click.Parameter, Path | None], Path | None]:
    """Return a callback of an option whose file's name must end so, such as with `.ply`."""

    def check(_ctx: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
        if path is not None and path.suffix.lower() != ending:
            raise click.BadParameter(f"{path} must end in {ending}")
        return path

    return check

"""The command group: it lists the stages in their order and reports a user's mistake in one sentence."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import click

from pipeline.cli.streams import use_lasting_streams
from pipeline.cli.waiting_threads import let_waiting_threads_sleep
from pipeline.datasets.printable import printable_lines
from pipeline.errors import StoppedError, UserError

USER_ERROR = 2
# What the loader, numpy and torch say when memory is short.
_LACKS_MEMORY = re.compile("cannot allocate memory|can't allocate memory|failed to map segment|out of memory", re.I)
STOPPED = 75  # sysexits' EX_TEMPFAIL: the same command continues
_HOME = re.compile(r"^(--[\w-]+=)?~(?=/|$)")
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def _expanded(found: re.Match[str]) -> str:
    return f"{found[1] or ''}{Path.home()}"


class Group(click.Group):
    """List the commands in the order of the pipeline; turn a UserError into one sentence and exit code 2."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """List the commands in the order in which they were added."""
        return list(self.commands)

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command line, with streams that may be closed or break and threads that sleep when they wait."""
        use_lasting_streams()
        let_waiting_threads_sleep()
        return super().main(*args, **extra)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command. Refuses an option that takes one value and is given two: click would use the last one."""
        name, command, rest = super().resolve_command(ctx, args)
        # Completion in a shell parses words that are not complete.
        if command is not None and not isinstance(command, click.Group) and not ctx.resilient_parsing:
            _refuse_twice(command, ctx, name, rest)
        return name, command, rest

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Expand the home folder in `--out=~/here` too, where no shell does."""
        return super().parse_args(ctx, [_HOME.sub(_expanded, word) for word in args])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. An error that the user can correct prints one sentence and no traceback."""
        try:
            return super().invoke(ctx)
        except StoppedError:
            sys.exit(STOPPED)
        except UserError as error:
            message = str(error)
        except OSError as error:  # a full disk, a folder that is not ours
            if error.strerror is None:
                raise
            message = f"{error.strerror}: {error.filename or 'while reading or writing a file'}."
        except (MemoryError, ImportError, RuntimeError) as error:
            if not isinstance(error, MemoryError) and not _LACKS_MEMORY.search(str(error)):
                raise
            message = "there is too little memory: raise the limit (`ulimit -v`), or see what `pipeline plan` says."
            if type(error).__name__ == "OutOfMemoryError":  # torch's, of a GPU; importing torch takes seconds
                message = (
                    "the GPU's memory is too small, or others use it: lower machine.views_per_batch, "
                    "train.rays_per_object or evaluate.rays_per_batch."
                )
        click.echo(printable_lines(f"error: {message}"), err=True)
        sys.exit(USER_ERROR)


def _refuse_twice(command: click.Command, parent: click.Context, name: str | None, args: list[str]) -> None:
    context = click.Context(command, parent, name)
    *_, order = command.make_parser(context).parse_args(list(args))
    for option in order:
        single = isinstance(option, click.Option) and not (option.multiple or option.is_flag or option.is_eager)
        if single and order.count(option) > 1:
            raise click.UsageError(
                f"{'/'.join(option.opts)} is given {order.count(option)} times: give it once.", context
            )


@click.group(cls=Group, context_settings=CONTEXT)
@click.version_option(package_name="featurenerf-pipeline")
def main() -> None:
    """Train 3D feature fields from 2D teachers, and measure them: FeatureNeRF as a pipeline.

    The commands from synthesize to report are stages. Each does exactly what `dvc repro` does for it. The other
    commands inspect results and look after them.

    The settings are in params.yaml; `pipeline profile` switches all of them. Without --category or --teacher, a command
    works on all that params.yaml names. A stage that was killed continues. A complete stage is verified and kept.
    """

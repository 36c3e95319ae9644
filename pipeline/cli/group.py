"""The command group: it lists the stages in their order and reports a user's mistake in one sentence."""

from __future__ import annotations

import sys
from typing import Any

import click

from pipeline.cli.streams import use_lasting_streams
from pipeline.datasets.printable import printable_lines
from pipeline.errors import StoppedError, UserError

USER_ERROR = 2
STOPPED = 75  # sysexits' EX_TEMPFAIL: the same command continues
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Group(click.Group):
    """List the commands in the order of the pipeline; turn a UserError into one sentence and exit code 2."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """List the commands in the order in which they were added."""
        return list(self.commands)

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command line, with streams that may be closed or break."""
        use_lasting_streams()
        return super().main(*args, **extra)

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
            message = f"{error.strerror}: {error.filename or 'while writing'}."
        click.echo(printable_lines(f"error: {message}"), err=True)
        sys.exit(USER_ERROR)


@click.group(cls=Group, context_settings=CONTEXT)
@click.version_option(package_name="featurenerf-pipeline")
def main() -> None:
    """Train 3D feature fields from 2D teachers, and measure them: FeatureNeRF as a pipeline.

    The commands from synthesize to report are stages. Each does exactly what `dvc repro` does for it. The other
    commands inspect results and look after them.

    The settings are in params.yaml; `pipeline profile` switches all of them. Without --category or --teacher, a command
    works on all that params.yaml names. A stage that was killed continues. A complete stage is verified and kept.
    """

"""The command group: lists the stages in their order and says a user's mistake in one sentence."""

from __future__ import annotations

import sys
from typing import Any

import click

from pipeline.errors import StoppedError, UserError

USER_ERROR = 2
STOPPED = 75  # sysexits' EX_TEMPFAIL: the same command again goes on
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Group(click.Group):
    """Lists the commands in the order of the pipeline and turns a UserError into one sentence and exit code 2."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The stages in the order in which data walks through them."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run, without a traceback for what a user can put right."""
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
        click.echo(f"error: {message}", err=True)
        sys.exit(USER_ERROR)


@click.group(cls=Group, context_settings=CONTEXT)
@click.version_option(package_name="featurenerf-pipeline")
def main() -> None:
    """FeatureNeRF as a pipeline: render, cache 2D teachers, train a feature field, measure transfer.

    The commands from synthesize to report are stages: each does exactly what `dvc repro` does for it. The others look
    at things or after them. Settings stand in params.yaml; `pipeline profile` switches all of them at once. Without
    --category (or --teacher) a command works on all that params.yaml names. A stage that was killed continues; a
    complete one is verified and kept.
    """

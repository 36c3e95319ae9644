"""The one kind of error that a user sees as a sentence."""

from pydantic import ValidationError


class UserError(Exception):
    """Something a user can put right: the message names what is wrong, where, and the remedy.

    The command line prints it without a traceback and exits with code 2.
    """


class StoppedError(Exception):
    """A command was asked to stop and did so in order: the same command again goes on from there."""


def first_mistake(error: ValidationError) -> str:
    """Say in words where the first thing that a record's check refused stands, and what is wrong there."""
    mistake = error.errors()[0]
    place = ".".join(str(name) for name in mistake["loc"])
    return f"{place}: {mistake['msg']}" if place else mistake["msg"]

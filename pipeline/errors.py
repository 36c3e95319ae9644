"""The one kind of error that a user sees as a sentence."""


class UserError(Exception):
    """Something a user can put right: the message names what is wrong, where, and the remedy.

    The command line prints it without a traceback and exits with code 2.
    """


class StoppedError(Exception):
    """A command was asked to stop and did so in order: the same command again goes on from there."""

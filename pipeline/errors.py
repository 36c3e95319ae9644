"""The one kind of error that a user sees as a sentence."""


class UserError(Exception):
    """A mistake that a user can correct: the message names what is wrong, where, and the remedy.

    The command line prints it without a traceback and exits with code 2.
    """


class StoppedError(Exception):
    """A command stopped because it was asked to; the same command continues from there."""

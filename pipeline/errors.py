"""The one kind of error that a user sees as a sentence, and how it names what may have been meant."""

import difflib
from collections.abc import Iterable

SHOWN = 5


class UserError(Exception):
    """A mistake that a user can correct: the message names what is wrong, where, and the remedy.

    The command line prints it without a traceback and exits with code 2.
    """


class StoppedError(Exception):
    """A command stopped because it was asked to; the same command continues from there."""


def close_names(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence that refuses `name`: up to five known names, the close ones if there are any."""
    names = list(dict.fromkeys(known))
    close = difflib.get_close_matches(name, names, n=SHOWN)
    if close:
        return f"; did you mean {', '.join(close)}?"
    return f"; there are {', '.join(names[:SHOWN])}{', ...' if len(names) > SHOWN else ''}" if names else ""

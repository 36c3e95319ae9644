"""The result of one check, and how to make it from an error."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.errors import UserError

State: TypeAlias = Literal["ok", "warning", "problem"]
_ASIDE = re.compile(r"`[^`]*`|\([^()]*\)")  # a quoted command, or brackets without others in them


@dataclass(frozen=True)
class Finding:
    """The result of a check of one thing.

    A problem stops a stage of these settings; a warning stops none. Both say the remedy.
    """

    name: str
    state: State
    saw: str
    remedy: str = ""


def finding_of(name: str, error: object, state: State = "problem") -> Finding:
    """Make a finding of a sentence `what is wrong: remedy.` or `what is wrong; remedy.`."""
    sentence, masked, before = str(error), str(error), ""
    while masked != before:  # until no brackets are left
        before, masked = masked, _ASIDE.sub(lambda found: "." * len(found[0]), masked)
    end = max(masked.rfind("; "), masked.rfind(": "))
    if end < 0:
        return Finding(name, state, sentence, "the sentence above names what to correct")
    return Finding(name, state, sentence[:end], sentence[end + 2 :])


def tried(name: str, look: Callable[[], object]) -> Finding:
    """Say what `look` returns; a UserError that it raises is a problem."""
    try:
        return Finding(name, "ok", str(look()))
    except UserError as error:
        return finding_of(name, error)

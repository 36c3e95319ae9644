"""A check, and its finding."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.artifacts.project import Project
from pipeline.errors import UserError
from pipeline.upkeep.host import Host

State: TypeAlias = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """The result of a check of one thing.

    A problem stops a stage of these settings; a warning stops none. Both say the remedy.
    """

    name: str
    state: State
    saw: str
    remedy: str = ""


@dataclass(frozen=True)
class Check:
    """A check by name. `run` looks at the settings and this machine and changes neither.

    A UserError that it raises is a problem whose sentence says the remedy.
    """

    name: str
    run: Callable[[Project, Host], Iterable[Finding]]


def problem_of(name: str, error: UserError) -> Finding:
    """Make a problem of a sentence `what is wrong: remedy.` or `what is wrong; remedy.`."""
    sentence = str(error)
    end = _last_stop(sentence)
    if end is None:
        return Finding(name, "problem", sentence, "the sentence above names what to correct")
    return Finding(name, "problem", sentence[:end], sentence[end + 2 :])


def _last_stop(sentence: str) -> int | None:
    """Find the last colon or semicolon that ends a clause, outside brackets and quoted commands; None if none does."""
    last, depth, quoted = None, 0, False
    for place, sign in enumerate(sentence):
        quoted ^= sign == "`"
        depth += 0 if quoted else (sign == "(") - (sign == ")")
        if not quoted and depth == 0 and sentence[place : place + 2] in ("; ", ": "):
            last = place
    return last

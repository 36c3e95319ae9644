"""The tests' run-time type checker: beartype, for which an int is a float where one is asked for, as for mypy."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from beartype import BeartypeConf, beartype

CHECKED = beartype(conf=BeartypeConf(is_pep484_tower=True))


def check(function: Callable[..., Any]) -> Callable[..., Any]:
    """Check calls of a function. The checks are made at the first call: a test process calls few of all functions."""

    made: list[Callable[..., Any]] = []  # not functools.cache, which torch.compile warns of

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not made:
            made.append(CHECKED(function))
        return made[0](*args, **kwargs)

    return call

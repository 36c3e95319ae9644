"""One function applied to every tensor of a dataclass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import is_dataclass, replace
from typing import Any, TypeVar, cast

from torch import Tensor

Record = TypeVar("Record")  # a dataclass


def map_tensors(record: Record, function: Callable[[Tensor], Tensor]) -> Record:
    """Return the record with `function` applied to its tensors and to those of the dataclasses in it."""

    def mapped(value: Any) -> Any:
        if isinstance(value, Tensor):
            return function(value)
        return map_tensors(value, function) if is_dataclass(value) else value

    changes = {name: mapped(value) for name, value in vars(record).items()}
    return cast("Record", replace(cast("Any", record), **changes))

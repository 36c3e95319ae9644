"""One function applied to every tensor of a dataclass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from torch import Tensor

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = TypeVar("Record", bound="DataclassInstance")


def map_tensors(record: Record, function: Callable[[Tensor], Tensor]) -> Record:
    """Return the record with `function` applied to its tensors and to those of the dataclasses in it."""

    def mapped(value: Any) -> Any:
        if isinstance(value, Tensor):
            return function(value)
        return map_tensors(value, function) if is_dataclass(value) else value

    return replace(record, **{name: mapped(value) for name, value in vars(record).items()})

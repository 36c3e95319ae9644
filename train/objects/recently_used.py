"""A cache that keeps what was used last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class RecentlyUsed(Generic[Key, Value]):
    """Values by key; beyond `limit` the ones used longest ago are dropped, but never the last one.

    `size_of` gives a value's share of the limit, by default 1: the limit is a count. Without a limit all are kept.
    Threads may share it.
    """

    def __init__(self, limit: int | None, size_of: Callable[[Value], int] = lambda _value: 1) -> None:
        """Start empty."""
        self.size = 0
        self._limit, self._size_of = limit, size_of
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = Lock()

    def __contains__(self, key: Key) -> bool:
        """Tell whether a value is kept; this is no use of it."""
        return key in self._values

    def get(self, key: Key) -> Value | None:
        """Return the value, now the last one used, or None."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def put(self, key: Key, value: Value) -> None:
        """Keep a value as the last one used, in the place of an earlier one."""
        with self._lock:
            if key in self._values:
                self.size -= self._size_of(self._values.pop(key))
            self._values[key] = value
            self.size += self._size_of(value)
            while self._limit is not None and self.size > self._limit and len(self._values) > 1:
                self.size -= self._size_of(self._values.popitem(last=False)[1])

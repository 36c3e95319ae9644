"""Reading a store at random: view after view of the same objects, by several threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import zarr

from pipeline.stores.store import ArraySpec, Store


@dataclass(frozen=True)
class StoreReader:
    """Reads as `Store.read` does, but compares a file with its checksum once: when it is first asked for.

    A file holds every view of an object: to hash it for each of them costs more than all else of reading. Threads may
    ask at the same time.
    """

    store: Store
    _sound: set[tuple[str, int]] = field(default_factory=set, repr=False)
    _arrays: dict[str, zarr.Array[Any]] = field(default_factory=dict, repr=False)

    @property
    def specs(self) -> Mapping[str, ArraySpec]:
        """The store's arrays by name."""
        return self.store.specs

    def read(self, name: str, row: int, view: int | None = None) -> np.ndarray:
        """One array of one object, or one view of it. Raises UserError if it is not what its done-marker says."""
        if (name, row) not in self._sound:
            self.store.require_sound(name, row)
            self._sound.add((name, row))
        if name not in self._arrays:
            self._arrays[name] = self.store.open_array(name, row)
        return self.store.values(self._arrays[name], row, view)

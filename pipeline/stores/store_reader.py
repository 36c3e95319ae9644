"""Random access to a store: many views of the same objects, read by several threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import zarr

from pipeline.stores.array_spec import ArraySpec
from pipeline.stores.store import Store


@dataclass(frozen=True)
class StoreReader:
    """A reader like `Store.read`, but it compares a file with its checksum only once, at the first access.

    A file holds every view of an object: hashing it for each view would take longer than the rest of reading. Threads
    may read at the same time.
    """

    store: Store
    _sound: set[tuple[str, int]] = field(default_factory=set, repr=False)
    _arrays: dict[str, zarr.Array[Any]] = field(default_factory=dict, repr=False)

    @property
    def specs(self) -> Mapping[str, ArraySpec]:
        """The store's arrays by name."""
        return self.store.specs

    def read(self, name: str, row: int, view: int | None = None) -> np.ndarray:
        """Read one array of an object, or one view of it. Raises UserError if it is not what its done-marker says."""
        if (name, row) not in self._sound:
            self.store.require_sound(name, row)
            self._sound.add((name, row))
        if name not in self._arrays:
            self._arrays[name] = self.store.open_array(name, row)
        return self.store.values(self._arrays[name], row, view)

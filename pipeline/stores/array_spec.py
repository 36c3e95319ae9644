"""The shape, type and meaning of one array of a store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline.datasets.file_names import is_safe_name

ROW_AXIS = "object"  # the first axis of every array


@dataclass(frozen=True)
class ArraySpec:
    """One array of a store: the shape and type of one object's row, and its chunks.

    Each object has one file: a single chunk, or a shard with chunks of the shape `chunk` for readers of single views.
    `axes` names the axes of a row, and `attributes` say what the values mean; both stand in Zarr's metadata. They are
    not part of a store's fingerprint: they may be worded anew without making a store again.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    chunk: tuple[int, ...] | None = None
    shuffle: Literal["shuffle", "bitshuffle"] = "bitshuffle"
    axes: tuple[str, ...] = field(default=(), compare=False)
    attributes: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        """Raise ValueError if the name is no plain one, or if there are axes and not one name for each."""
        if not is_safe_name(self.name):
            raise ValueError(f"'{self.name[:80]}' is no name of an array")
        if self.axes and len(self.axes) != len(self.shape):
            raise ValueError(f"{self.name} has {len(self.shape)} axes, named {self.axes}")

    @property
    def dimension_names(self) -> tuple[str, ...]:
        """The names of all axes of the array, the one of the rows first."""
        return (ROW_AXIS, *(self.axes or (f"{self.name}_{axis}" for axis in range(len(self.shape)))))

    def layout(self) -> dict[str, Any]:
        """Return what decides on the bytes: the fingerprint of a store covers it."""
        return {
            "name": self.name,
            "shape": self.shape,
            "dtype": self.dtype,
            "chunk": self.chunk,
            "shuffle": self.shuffle,
        }

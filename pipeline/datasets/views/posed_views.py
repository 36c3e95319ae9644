"""Base of the collections whose files say each view's camera, in one frame for all objects."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from jaxtyping import Float64, Int64

from pipeline.datasets.file_names import object_folder
from pipeline.datasets.records import ObjectKey, Split
from pipeline.datasets.views.frame import Frame
from pipeline.datasets.views.view_source import GivenLabels, GivenView

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class PosedViews(ABC, Generic[Entry]):
    """The part of a ViewSource that needs only an object's entries, one a view. It has no splits and no labels."""

    root: Path
    frame: Frame

    @abstractmethod
    def entries(self, key: ObjectKey) -> Sequence[Entry]:
        """Find the object's views, in order. Raises DatasetError if there are none."""

    @abstractmethod
    def view(self, entry: Entry) -> GivenView:
        """Read one of the views. Raises DatasetError."""

    def count(self, key: ObjectKey) -> int:
        """The number of views."""
        return len(self.entries(key))

    def read(self, key: ObjectKey, numbers: Int64[np.ndarray, " n"]) -> list[GivenView]:
        """Read views by their numbers."""
        entries = self.entries(key)
        return [self.view(entries[number]) for number in numbers]

    def world_from_source(self, key: ObjectKey) -> Float64[np.ndarray, "4 4"]:
        """The same similarity for all objects, as the settings say."""
        object_folder(key)  # refuses names that are none
        return self.frame.world_from_source()

    def splits(self, synset: str) -> Mapping[str, Split] | None:  # noqa: ARG002 # the interface's
        """There are none."""
        return None

    def part_names(self, synset: str) -> tuple[str, ...]:  # noqa: ARG002
        """There are none."""
        return ()

    def labels(self, key: ObjectKey, numbers: Int64[np.ndarray, " n"]) -> GivenLabels | None:  # noqa: ARG002
        """There are none."""
        return None

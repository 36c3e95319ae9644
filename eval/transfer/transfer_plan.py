"""The plan of a transfer: which places of a pair are described, and which are then matched, in 2D and 3D alike.

Descriptors are dear (a field is rendered for them), matching is cheap: a plan asks for those of each place once, and
can be made long before the descriptors are there.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float32, Int64, UInt8

# Places that a descriptor is asked for: pixels (row, column), or world points.
Places: TypeAlias = Int64[np.ndarray, "_ 2"] | Float32[np.ndarray, "_ 3"]


@dataclass(frozen=True)
class KeypointPlan:
    """The keypoints of semantic `ids`, ascending, that a pair has in common, and where the target is searched for them.

    Coordinates are pixels (u, v; d = 2) or world units (d = 3). `source_row` and `candidate_row` are rows of the
    source's and the target's places.
    """

    ids: Int64[np.ndarray, " k"]
    source: Float32[np.ndarray, "k d"]
    true: Float32[np.ndarray, "k d"]
    source_row: Int64[np.ndarray, " k"]
    candidate: Float32[np.ndarray, "m d"]
    candidate_row: Int64[np.ndarray, " m"]


@dataclass(frozen=True)
class PartPlan:
    """The labels that a pair has in common, ascending, and the places that are matched: rows of places, true labels.

    They are all labelled places of both sides. Label 0, which is no part, is among them only if it competes.
    """

    labels: tuple[int, ...]
    source_row: Int64[np.ndarray, " n"]
    source_label: UInt8[np.ndarray, " n"]
    target_row: Int64[np.ndarray, " m"]
    target_label: UInt8[np.ndarray, " m"]


@dataclass(frozen=True)
class TransferPlan:
    """The places of both sides to describe, each once. A task that the pair does not have is None.

    Without any task both sides have no place, and no descriptor is asked for.
    """

    source_places: Places
    target_places: Places
    keypoints: KeypointPlan | None
    parts: PartPlan | None

    @property
    def is_empty(self) -> bool:
        """Tell that the pair has nothing in common."""
        return self.keypoints is None and self.parts is None


def common_ids(source: Bool[np.ndarray, " k"], target: Bool[np.ndarray, " l"]) -> Int64[np.ndarray, " c"]:
    """The semantic ids that both sides have, ascending."""
    known = min(len(source), len(target))
    return np.flatnonzero(source[:known] & target[:known]).astype(np.int64)


def common_labels(source: UInt8[np.ndarray, "..."], target: UInt8[np.ndarray, "..."]) -> tuple[int, ...]:
    """The part labels that both sides have, ascending, without 0."""
    return tuple(int(label) for label in np.intersect1d(source, target) if label > 0)

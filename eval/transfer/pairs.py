"""The pair of views that a transfer joins."""

from dataclasses import dataclass

from pipeline.datasets.records import ObjectKey


@dataclass(frozen=True)
class Pair:
    """A view of an object, and a view of another object or of the same.

    A cross-instance pair of the published splits has the same view number on both sides.
    """

    source: ObjectKey
    source_view: int
    target: ObjectKey
    target_view: int

    @classmethod
    def cross_instance(cls, source: ObjectKey, target: ObjectKey, view: int) -> "Pair":
        """Two objects seen by the same camera (paper, section Evaluation: cross instance)."""
        return cls(source, view, target, view)

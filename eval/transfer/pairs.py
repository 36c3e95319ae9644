"""The pair of views that a transfer joins."""

from dataclasses import dataclass, replace

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

    def from_other_camera(self, views_on: int, views: int) -> "Pair":
        """The same pair with the target seen from the pose `views_on` numbers further, of `views` that go round."""
        return replace(self, target_view=(self.target_view + views_on) % views)

"""What the trainer asks of the objects that it is trained on, wherever they lie."""

from __future__ import annotations

from abc import ABC, abstractmethod

from train.objects.batches import RayBatch, StepDraws


class TrainingObjects(ABC):
    """Views, poses and teacher maps of `count` objects with `views` views each, `size` pixels wide.

    Every implementation gives the same bits for the same draws.
    """

    count: int
    views: int
    size: int
    teacher_channels: int

    @abstractmethod
    def batch(self, draws: StepDraws) -> RayBatch:
        """The batch that the draws name, on the device where the objects lie. May be called by several threads."""

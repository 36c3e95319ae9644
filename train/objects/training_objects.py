"""The interface of training objects, wherever they lie."""

from __future__ import annotations

from abc import ABC, abstractmethod

from train.objects.batches import RayBatch, StepDraws


class TrainingObjects(ABC):
    """Views, cameras and teacher maps of `count` objects with `views` views each, `size` pixels wide.

    Every implementation gives the same bits for the same draws. `stay`: what was read once stays in memory, so that
    hardly any batch waits for a store.
    """

    count: int
    views: int
    size: int
    teacher_channels: int
    stay: bool = False

    @abstractmethod
    def batch(self, draws: StepDraws) -> RayBatch:
        """Gather the batch that the draws name, where the objects lie. Several threads may call it."""

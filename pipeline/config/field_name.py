"""Which trained field is meant: of a category and a teacher, whole or with an ablation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.config.names import ABLATIONS, CHANGES, TEACHER_NAMES, Ablation
from pipeline.config.settings import Train


@dataclass(frozen=True)
class FieldName:
    """Which field: of a category and a teacher, whole or with an ablation."""

    category: str
    teacher: str
    ablation: Ablation | None = None

    @property
    def instance(self) -> str:
        """`plane-daisy`, or `plane-daisy-pixelnerf`: what runs, models, curves and results of it are called."""
        return "-".join(name for name in (self.category, self.teacher, self.ablation) if name is not None)

    @property
    def options(self) -> str:
        """What `pipeline train` and `pipeline evaluate` are given for it."""
        whole = f"--category {self.category} --teacher {self.teacher}"
        return whole if self.ablation is None else f"{whole} --ablation {self.ablation}"

    @staticmethod
    def of(instance: str) -> FieldName | None:
        """The field of that name; None if it names none. A category's own name may hold a dash."""
        ablation = next((name for name in ABLATIONS if instance.endswith(f"-{name}")), None)
        category, _, teacher = instance.removesuffix(f"-{ablation}").rpartition("-")
        return FieldName(category, teacher, ablation) if category and teacher in TEACHER_NAMES else None

    def ablated(self, train: Train) -> Train:
        """Return the training settings with this field's ablation."""
        return train if self.ablation is None else train.model_copy(update=CHANGES[self.ablation])


def fields_of(category: str, teacher: str, ablations: Sequence[Ablation]) -> list[FieldName]:
    """List the whole field of a category and teacher, then its ablations."""
    return [FieldName(category, teacher, ablation) for ablation in (None, *ablations)]

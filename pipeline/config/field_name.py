"""The name of a trained field: its category, its teacher, and whether it is whole or an ablation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.config.names import CHANGES, VARIANTS, WHOLE_FIELD, Variant
from pipeline.config.networks import NAME
from pipeline.config.settings import Train


@dataclass(frozen=True)
class FieldName:
    """Names one field: `whole`, or an ablation that leaves out a part of the method."""

    category: str
    teacher: str
    variant: Variant = WHOLE_FIELD

    @property
    def instance(self) -> str:
        """`plane-daisy-whole`: the name of its run, model, curves and results."""
        return f"{self.category}-{self.teacher}-{self.variant}"

    @property
    def options(self) -> str:
        """The options of `pipeline train` and `pipeline evaluate` for it."""
        options = f"--category {self.category} --teacher {self.teacher}"
        return options if self.variant == WHOLE_FIELD else f"{options} --field {self.variant}"

    @property
    def title(self) -> str:
        """Its title in the report: `whole field`, or what it lacks, such as `no coordinate loss`."""
        return "whole field" if self.variant == WHOLE_FIELD else self.variant.replace("-", " ")

    @staticmethod
    def parse(instance: str) -> FieldName | None:
        """Read the name back from an instance, or return None. A category's own name may hold a dash."""
        for variant in VARIANTS:
            category, _, teacher = instance.removesuffix(f"-{variant}").rpartition("-")
            if instance.endswith(f"-{variant}") and category and NAME.fullmatch(teacher):
                return FieldName(category, teacher, variant)
        return None

    def change(self, train: Train) -> Train:
        """Return the training settings of this field."""
        return train.model_copy(update=CHANGES[self.variant])


def list_fields(category: str, teacher: str, variants: Sequence[Variant]) -> list[FieldName]:
    """List the fields of a category and teacher, the whole one first."""
    return [FieldName(category, teacher, variant) for variant in sorted(variants, key=VARIANTS.index)]

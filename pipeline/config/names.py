"""The names of teachers and fields that settings may hold."""

from collections.abc import Mapping
from typing import Literal, get_args

from pipeline.errors import UserError

TEACHER_NAMES = ("daisy", "dino", "dinov2", "dinov3", "ldm")  # pipeline.teachers makes them
STAND_INS = ("daisy",)  # teachers without learned weights, for the demo and for tests

Variant = Literal["whole", "no-coordinate-loss", "no-feature-loss", "pixelnerf"]
VARIANTS: tuple[Variant, ...] = get_args(Variant)
WHOLE_FIELD: Variant = "whole"
# What each changes in `train` (paper, section Evaluation: ablations, and the baseline of view synthesis).
CHANGES: Mapping[Variant, Mapping[str, float]] = {
    "whole": {},
    "no-coordinate-loss": {"coordinate_weight": 0.0},
    "no-feature-loss": {"feature_weight": 0.0},
    "pixelnerf": {"feature_weight": 0.0, "coordinate_weight": 0.0},
}


def check_teacher(name: str) -> None:
    """Raise UserError if no teacher is called `name`."""
    if name not in TEACHER_NAMES:
        raise UserError(f"teacher '{name}' is unknown; the teachers are {', '.join(TEACHER_NAMES)}.")

"""The names of fields that settings may hold."""

from collections.abc import Mapping
from typing import Literal, get_args

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

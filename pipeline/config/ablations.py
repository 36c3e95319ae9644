"""What a field may lack, to show what that part of the method is worth."""

from collections.abc import Mapping
from typing import Literal, get_args

Ablation = Literal["no-coordinate-loss", "no-feature-loss", "pixelnerf"]
ABLATIONS: tuple[Ablation, ...] = get_args(Ablation)
# What each changes in `train` (paper, section Evaluation: ablations, and the baseline of view synthesis).
CHANGES: Mapping[Ablation, Mapping[str, float]] = {
    "no-coordinate-loss": {"coordinate_weight": 0.0},
    "no-feature-loss": {"feature_weight": 0.0},
    "pixelnerf": {"feature_weight": 0.0, "coordinate_weight": 0.0},
}

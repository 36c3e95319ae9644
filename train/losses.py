"""The losses (paper, section Losses): mean squared errors of both passes."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from pipeline.settings import Train
from train.renderer import Rendering


def losses(
    rendering: Rendering, rgb: Float[Tensor, "o r 3"], feature: Float[Tensor, "o r c"], settings: Train
) -> dict[str, Float[Tensor, ""]]:
    """The loss terms by name, before their weights, and `total`, their weighted sum: rgb has weight 1.

    `rgb` is the image over black in 0..1, `feature` the teacher's map where the rays pass.
    """
    terms: dict[str, Tensor] = {}
    for name, rendered in (("coarse", rendering.coarse), ("fine", rendering.fine)):
        terms[f"rgb_{name}"] = (rendered.rgb - rgb).square().mean()
        terms[f"feature_{name}"] = (rendered.feature - feature).square().mean()
        terms[f"coordinate_{name}"] = rendered.coordinate_error.square().mean()
    weights = {"rgb": 1.0, "feature": settings.feature_weight, "coordinate": settings.coordinate_weight}
    terms["total"] = torch.stack([weights[name.split("_")[0]] * term for name, term in terms.items()]).sum()
    return terms

"""The losses (paper, section Losses): mean squared errors of both passes."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from pipeline.config.settings import Train
from train.rendering.renderer import Outputs, Rendering


def loss_outputs(settings: Train) -> Outputs:
    """Choose what must be rendered for the losses: nothing for a loss of weight 0."""
    return Outputs(internal=False, feature=settings.feature_weight > 0, coordinate=settings.coordinate_weight > 0)


def loss_names(settings: Train) -> tuple[str, ...]:
    """Name the terms of `losses` in its order; `total` is the last."""
    outputs = loss_outputs(settings)
    kinds = ["rgb", *(["feature"] if outputs.feature else []), *(["coordinate"] if outputs.coordinate else [])]
    return (*(f"{kind}_{name}" for name in ("coarse", "fine") for kind in kinds), "total")


def losses(
    rendering: Rendering, rgb: Float[Tensor, "o r 3"], feature: Float[Tensor, "o r c"], settings: Train
) -> dict[str, Float[Tensor, ""]]:
    """Calculate the loss terms by name, unweighted, and `total`, their weighted sum: rgb has weight 1.

    `rgb` is the image over black in 0..1, `feature` the teacher's map where the rays pass. A term whose weight is 0 is
    left out, and so is one that was not rendered.
    """
    terms: dict[str, Tensor] = {}
    for name, rendered in (("coarse", rendering.coarse), ("fine", rendering.fine)):
        terms[f"rgb_{name}"] = (rendered.rgb - rgb).square().mean()
        if rendered.feature.shape[-1]:
            terms[f"feature_{name}"] = (rendered.feature - feature).square().mean()
        if rendered.coordinate_error.shape[-1]:
            terms[f"coordinate_{name}"] = rendered.coordinate_error.square().mean()
    weights = {"rgb": 1.0, "feature": settings.feature_weight, "coordinate": settings.coordinate_weight}
    terms["total"] = torch.stack([weights[name.split("_")[0]] * term for name, term in terms.items()]).sum()
    return terms

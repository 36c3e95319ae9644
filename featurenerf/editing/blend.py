"""Rules by which a ray takes the new colours of its samples."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

Blend: TypeAlias = Literal["ray", "sample"]
LEAST = 1e-6  # of a ray's weight in the part: below, there is nothing to see


def blended(
    blend: Blend, rgb: Float[Tensor, "*b 3"], opacity: Float[Tensor, "*b"], paint: Float[Tensor, "*b 8"]
) -> Float[Tensor, "*b 3"]:
    """Return the new colours of rays, composited over black.

    Args:
        blend: with `sample`, each sample of the part changes its colour. A ray that passes through several parts of a
            blurred field changes a little everywhere. With `ray`, a ray changes as a whole, or not at all: if its
            samples of the part weigh more than those of other parts, it takes their mean new colour.
        rgb: the old colours, composited over black.
        opacity: the sums of the samples' weights.
        paint: the channels of `PaintedNetwork`, composited like the colour.
    """
    in_part, in_other, new, old = torch.split(paint, [1, 1, 3, 3], dim=-1)
    if blend == "sample":
        return rgb + new - old
    whole = new / in_part.clamp_min(LEAST) * opacity[..., None]
    return torch.where((in_part > in_other) & (in_part > LEAST), whole, rgb)

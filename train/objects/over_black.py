"""Images over black, which is what the field renders."""

from __future__ import annotations

from jaxtyping import Float, UInt8
from torch import Tensor


def over_black(rgba: UInt8[Tensor, "*b 4"]) -> Float[Tensor, "*b 3"]:
    """Straight-alpha 8-bit pixels over black, as float32 in 0..1; every device gives the same bits."""
    values = rgba.float()
    # By a tensor: CUDA divides by a plain number through its reciprocal, which rounds half of all values otherwise.
    colour = values / values.new_full((), 255)
    return colour[..., :3] * colour[..., 3:]

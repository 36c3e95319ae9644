"""The positional code of the query coordinates (paper, section Network)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

LOWEST_FREQUENCY = 1.5  # radians per world unit; each next one is twice as high


def positional_code(coordinates: Float[Tensor, "*b 3"], frequencies: int) -> Float[Tensor, "*b c"]:
    """Encode coordinates x in world units as (x, sin f_0 x, cos f_0 x, sin f_1 x, ...) with f_k = 1.5 * 2^k.

    c = 3 + 6 * frequencies.
    """
    powers = torch.arange(frequencies, dtype=coordinates.dtype, device=coordinates.device)
    angles = coordinates[..., None, :] * (LOWEST_FREQUENCY * 2**powers)[:, None]
    waves = torch.stack([angles.sin(), angles.cos()], dim=-2)
    return torch.cat([coordinates, waves.flatten(-3)], dim=-1)


def code_width(frequencies: int) -> int:
    """Return the channels of `positional_code`."""
    return 3 + 6 * frequencies

"""The rendered output of rays: the one record from the renderer to losses and evaluation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class RenderedRays:
    """Rays, or the pixels they pass through, composited over black. What was not asked for has 0 channels.

    `rgb` is in 0..1, `depth` the expected distance along the unit ray in world units, `weight_sum` the opacity,
    `internal` the descriptor (not normalised), `feature` the distilled feature on the teacher's scale.
    `coordinate_error` is the coordinate head's answer minus the point's world coordinate, averaged over the ray's
    samples.
    """

    rgb: Float[Tensor, "*b 3"]
    depth: Float[Tensor, "*b"]
    weight_sum: Float[Tensor, "*b"]
    internal: Float[Tensor, "*b width"]
    feature: Float[Tensor, "*b c"]
    coordinate_error: Float[Tensor, "*b xyz"]

    def __getitem__(self, rays: Tensor | int | tuple[int, slice]) -> RenderedRays:
        """Select rays by their leading indices."""
        return self.each(lambda values: values[rays])

    def to(self, device: torch.device) -> RenderedRays:
        """Copy to a device."""
        return self.each(lambda values: values.to(device))

    def reshaped(self, *shape: int) -> RenderedRays:
        """Give the rays another leading shape, such as an image's height and width."""
        return self.each(lambda values: values.reshape(*shape, *values.shape[self.depth.ndim :]))

    @staticmethod
    def joined(parts: Sequence[RenderedRays]) -> RenderedRays:
        """Join parts along their first axis; there is at least one."""
        return RenderedRays(*(torch.cat([getattr(part, f.name) for part in parts]) for f in fields(RenderedRays)))

    def each(self, change: Callable[[Tensor], Tensor]) -> RenderedRays:
        """Change every array."""
        return RenderedRays(*(change(getattr(self, f.name)) for f in fields(self)))

"""A field network that also says, of each sample, what paint does to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from featurenerf.editing.paint import Paint
from train.network.field import FieldNetwork, FieldSamples
from train.network.source import Source

# Whether the sample is of the part, and of another one; its new colour and its old one, where it is of the part.
CHANNELS = 1 + 1 + 3 + 3


class PaintedNetwork(FieldNetwork):
    """Another network whose `internal` holds more: behind its internal feature, 8 channels of each paint.

    The renderer composites all of them. The rest is the network's. It is a `FieldNetwork` so that the renderer takes
    it; it has no weights of its own.
    """

    def __init__(self, network: FieldNetwork, paints: Sequence[Paint]) -> None:
        """Wrap a network."""
        nn.Module.__init__(self)
        self.network, self.paints = network, paints
        self.feature = network.feature

    def query(
        self,
        source: Source,
        points: Float[Tensor, "o r k 3"],
        directions: Float[Tensor, "o r 3"],
        one_pixel_a_ray: bool = False,
    ) -> FieldSamples:
        """Answer as the network does, with more behind `internal`."""
        samples = self.network.query(source, points, directions, one_pixel_a_ray)
        said = [_channels(paint, points, samples.rgb) for paint in self.paints]
        return replace(samples, internal=torch.cat([samples.internal.to(samples.rgb), *said], dim=-1))


def _channels(
    paint: Paint, points: Float[Tensor, "o r k 3"], rgb: Float[Tensor, "o r k 3"]
) -> Float[Tensor, "o r k 8"]:
    """Return what the paint says about samples that have these colours."""
    painted = paint.at(points.reshape(-1, 3).cpu().numpy())
    in_part, in_other, colour = (
        torch.from_numpy(values).to(rgb).reshape(*rgb.shape[:3], -1)
        for values in (painted.in_part, painted.in_other, painted.colour)
    )
    return torch.cat([in_part, in_other, colour, in_part * rgb], dim=-1)

"""Render pixels of an object together with what paint does to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor, nn

from featurenerf.editing.paint import Paint
from featurenerf.seen_object import SeenObject
from train.network.field import FieldNetwork, FieldSamples
from train.network.source import Source
from train.rays import pixel_rays
from train.rendering.rendered_rays import RenderedRays
from train.rendering.renderer import NOTHING_MORE, Outputs, render_rays
from train.rendering.volume import Sampling, fixed_draws

# Whether the sample is of the part, and of another one; its new colour and its old one, where it is of the part.
CHANNELS = 1 + 1 + 3 + 3


def render_painted(
    seen: SeenObject,
    paints: Sequence[Paint],
    pose: Float32[np.ndarray, "4 4"],
    intrinsics: Float32[np.ndarray, "4"],
    pixels: Int64[np.ndarray, "n 2"],
) -> tuple[RenderedRays, list[Float[Tensor, "n 8"]]]:
    """Render pixels (row, column), at least one, of a camera without paint, and composite the channels of each paint.

    Returns tensors on the field's device: the rays, and for each paint the channels of `PaintedNetwork`, which
    `blended` reads.
    """
    field = seen.renderer.field
    network = PaintedNetwork(field.model.network, paints)
    sampling = Sampling.of(field.settings, field.camera)
    of_camera, lens = torch.from_numpy(pose).to(field.device), torch.from_numpy(intrinsics).to(field.device)
    parts = []
    for batch in torch.split(torch.from_numpy(pixels).to(field.device), seen.renderer.rays_per_batch):
        rays = pixel_rays(batch[None], of_camera.expand(1, len(batch), 4, 4), lens, seen.source.first_centre)
        draws = fixed_draws(sampling, (1, len(batch)), field.device)
        with torch.no_grad():
            both = render_rays(network, seen.source, rays, sampling, draws, Outputs(), NOTHING_MORE)
        parts.append(both.fine[0])
    rendered = RenderedRays.joined(parts)
    internal, *channels = torch.split(rendered.internal, [field.settings.width] + [CHANNELS] * len(paints), dim=1)
    return replace(rendered, internal=internal), channels


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

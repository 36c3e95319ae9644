"""Render pixels of an object together with what paint does to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from featurenerf.editing.paint import Paint
from featurenerf.editing.painted_network import CHANNELS, PaintedNetwork
from featurenerf.seen_object import SeenObject
from train.rays import pixel_rays
from train.rendering.rendered_rays import RenderedRays
from train.rendering.renderer import NOTHING_MORE, Outputs, render_rays
from train.rendering.volume import Sampling, fixed_draws


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

"""Rays rendered through the field: a coarse pass, and a fine pass over all samples.

Two rearrangements leave every value as published, up to rounding: the coarse points are evaluated once and used again
in the fine pass, because both share the network; and the linear feature and coordinate heads come after the sums over
samples, because sum w (W h + b) = W (sum w h) + b (sum w).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from train.network.field import FieldNetwork, FieldSamples
from train.network.source import Source
from train.rays import Rays
from train.rendering.rendered_rays import RenderedRays
from train.rendering.volume import (
    SampleDraws,
    Sampling,
    coarse_depths,
    composite,
    compositing_weights,
    guided_depths,
    importance_depths,
)


@dataclass(frozen=True)
class Outputs:
    """Choice of outputs beside colour and depth. Each costs time or memory, so a caller asks for what it needs."""

    internal: bool = True
    feature: bool = True
    coordinate: bool = False


NOTHING_MORE = Outputs(internal=False, feature=False)


@dataclass(frozen=True)
class Rendering:
    """Both passes: the coarse samples alone, and all samples."""

    coarse: RenderedRays
    fine: RenderedRays


def render_rays(
    network: FieldNetwork,
    source: Source,
    rays: Rays,
    sampling: Sampling,
    draws: SampleDraws,
    outputs: Outputs,
    coarse_outputs: Outputs | None = None,
    from_source: bool = False,
) -> Rendering:
    """Renders `r` rays of each of `o` objects. The draws have the rays' leading shape.

    `coarse_outputs` are the coarse pass's, where they are not the same. `from_source`: the rays leave the source's own
    camera, which saves reading the image once for each sample.
    """
    depths = coarse_depths(sampling, draws.coarse)
    samples = network.query(source, rays.points(depths), rays.direction, from_source)
    weights = compositing_weights(depths, samples.density, sampling.far)
    coarse_outputs = coarse_outputs or outputs
    coordinate = outputs.coordinate or coarse_outputs.coordinate
    activation_sums = [samples.activation_sum()] if coordinate else []
    coarse = _render(network, rays, depths, weights, [samples], coarse_outputs, activation_sums)

    added_depths = torch.cat(
        [
            importance_depths(sampling, weights.detach(), draws.importance),
            guided_depths(sampling, coarse.depth, draws.guided),
        ],
        dim=-1,
    )
    added_samples = network.query(source, rays.points(added_depths), rays.direction, from_source)
    all_depths = torch.cat([depths, added_depths], dim=-1)
    all_density = torch.cat([samples.density, added_samples.density], dim=-1)
    fine_weights = compositing_weights(all_depths, all_density, sampling.far)
    groups = [samples, added_samples]
    activation_sums += [added_samples.activation_sum()] if coordinate else []
    return Rendering(coarse, _render(network, rays, all_depths, fine_weights, groups, outputs, activation_sums))


def _render(
    network: FieldNetwork,
    rays: Rays,
    depths: Float[Tensor, "o r k"],
    weights: Float[Tensor, "o r k"],
    groups: list[FieldSamples],
    outputs: Outputs,
    activation_sums: list[Float[Tensor, "o r width"]],
) -> RenderedRays:
    """One pass over groups of samples, which `depths` and `weights` hold one after the other.

    `activation_sums` are the groups', for the coordinate. The groups are summed one by one: to join their activations
    would copy the largest tensors of a step.
    """
    weight_sum = weights.sum(dim=-1)
    parts = list(zip(torch.split(weights, [group.count for group in groups], dim=-1), groups, strict=True))
    internal = feature = coordinate_error = weights.new_empty((*weight_sum.shape, 0))
    if outputs.internal:
        internal = _added([composite(w, group.internal) for w, group in parts])
    if outputs.feature:
        weighted = _added([composite(w, group.activation) for w, group in parts])
        feature = F.linear(weighted, network.feature.weight) + network.feature.bias * weight_sum[..., None]
    if outputs.coordinate:
        averaged = _added(activation_sums) / depths.shape[-1]
        coordinate_error = network.coordinate(averaged) - rays.points(depths).mean(dim=-2)
    return RenderedRays(
        rgb=_added([composite(w, group.rgb) for w, group in parts]),
        depth=(weights * depths).sum(dim=-1),
        weight_sum=weight_sum,
        internal=internal,
        feature=feature,
        coordinate_error=coordinate_error,
    )


def _added(terms: list[Tensor]) -> Tensor:
    return torch.stack(terms).sum(dim=0) if len(terms) > 1 else terms[0]

"""Placing the samples of a ray, and compositing them (paper, section Sampling and compositing).

Depths are distances along a unit ray in world units. Every function is pure: what is random comes as an argument.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from pipeline.config.settings import Camera, Train
from train.map_tensors import map_tensors

WEIGHT_FLOOR = 1e-5  # added to the coarse weights, so that an empty ray is sampled evenly


@dataclass(frozen=True)
class Sampling:
    """The number of samples of each kind on a ray, and the depths between which they lie."""

    near: float
    far: float
    coarse: int
    importance: int
    guided: int
    depth_std: float

    @staticmethod
    def of(settings: Train, camera: Camera) -> Sampling:
        """Read the sampling from the settings."""
        return Sampling(
            camera.near,
            camera.far,
            settings.coarse_samples,
            settings.importance_samples,
            settings.depth_samples,
            settings.depth_std,
        )


@dataclass(frozen=True)
class SampleDraws:
    """Random numbers that place the samples: `coarse` and `importance` in [0, 1), `guided` standard normal."""

    coarse: Float[Tensor, "*b coarse"]
    importance: Float[Tensor, "*b importance"]
    guided: Float[Tensor, "*b guided"]

    def to(self, device: torch.device) -> SampleDraws:
        """Copy the draws to a device."""
        return map_tensors(self, lambda tensor: tensor.to(device, non_blocking=True))


def random_draws(sampling: Sampling, rays: tuple[int, ...], generator: torch.Generator) -> SampleDraws:
    """Make random draws for training, float32, on the generator's device."""
    device = generator.device
    return SampleDraws(
        torch.rand((*rays, sampling.coarse), generator=generator, device=device),
        torch.rand((*rays, sampling.importance), generator=generator, device=device),
        torch.randn((*rays, sampling.guided), generator=generator, device=device),
    )


def fixed_draws(sampling: Sampling, rays: tuple[int, ...], device: torch.device) -> SampleDraws:
    """Make draws for evaluation, the same for every ray: the middle of each bin, and the quantiles (i + 0.5) / n."""

    def quantiles(count: int) -> Tensor:
        return ((torch.arange(count, device=device) + 0.5) / count).expand(*rays, count)

    return SampleDraws(
        torch.full((*rays, sampling.coarse), 0.5, device=device),
        quantiles(sampling.importance),
        torch.special.ndtri(quantiles(sampling.guided)),
    )


def coarse_depths(sampling: Sampling, draws: Float[Tensor, "*b k"]) -> Float[Tensor, "*b k"]:
    """Place one depth in each of k equal bins between near and far (stratified sampling)."""
    bins = torch.arange(sampling.coarse, dtype=draws.dtype, device=draws.device)
    return sampling.near + (bins + draws) / sampling.coarse * (sampling.far - sampling.near)


def importance_depths(
    sampling: Sampling, weights: Float[Tensor, "*b k"], draws: Float[Tensor, "*b n"]
) -> Float[Tensor, "*b n"]:
    """Place depths at the quantiles `draws` of the coarse weights + 1e-5, a constant density inside each bin."""
    density = weights + WEIGHT_FLOOR
    upper = torch.cumsum(density, dim=-1)
    target = draws * upper[..., -1:]
    index = torch.searchsorted(upper, target, right=True).clamp_max(sampling.coarse - 1)
    inside = density.gather(-1, index)
    # Rounding may put the target a hair outside its bin.
    share = (1 - (upper.gather(-1, index) - target) / inside).clamp(0, 1)
    return sampling.near + (index + share) / sampling.coarse * (sampling.far - sampling.near)


def guided_depths(
    sampling: Sampling, depth: Float[Tensor, "*b"], draws: Float[Tensor, "*b n"]
) -> Float[Tensor, "*b n"]:
    """Place depths normally around the expected depth, clamped to near and far. The gradient flows to `depth`."""
    return (depth[..., None] + sampling.depth_std * draws).clamp(sampling.near, sampling.far)


def compositing_weights(
    depths: Float[Tensor, "*b k"], density: Float[Tensor, "*b k"], far: float
) -> Float[Tensor, "*b k"]:
    """Weigh each sample of a ray by alpha_i prod_{j<i} (1 - alpha_j) in the order of depth.

    alpha = 1 - exp(-delta * density) with density >= 0, where delta reaches to the next sample and the last one to
    `far`. Samples come in any order; weights keep it.
    """
    sorted_depths, order = depths.sort(dim=-1)
    end = torch.full_like(sorted_depths[..., :1], far)
    delta = torch.cat([sorted_depths[..., 1:], end], dim=-1) - sorted_depths
    thickness = delta * density.gather(-1, order)
    # The product of all 1 - alpha before a sample is exp(-sum of their thickness).
    before = F.pad(torch.cumsum(thickness[..., :-1], dim=-1), (1, 0))
    weights = torch.exp(-before) * -torch.expm1(-thickness)
    return torch.zeros_like(weights).scatter(-1, order, weights)


def composite(weights: Float[Tensor, "*b k"], values: Float[Tensor, "*b k c"]) -> Float[Tensor, "*b c"]:
    """Sum the samples' values along each ray, over black, in the weights' precision."""
    if values.dtype == weights.dtype:
        return (weights[..., None, :] @ values)[..., 0, :]
    # A product in the values' lower precision would round the weights.
    if values.is_cuda and not torch.is_grad_enabled():
        parts = torch.stack(rounded_parts(weights, values.dtype), dim=-2)
        sums = torch.bmm(parts.flatten(0, -3), values.flatten(0, -3), out_dtype=weights.dtype)
        return sums.sum(dim=-2).view(*weights.shape[:-1], -1)
    return (weights[..., None] * values).sum(dim=-2)  # torch.compile makes one pass of this


def rounded_parts(weights: Float[Tensor, "*b k"], precision: torch.dtype) -> list[Float[Tensor, "*b k"]]:
    """Split float32 weights into three terms of a lower precision, whose sum has all 24 bits of a weight."""
    parts = []
    for _ in range(3):
        parts.append(weights.to(precision))
        weights = weights - parts[-1]
    return parts

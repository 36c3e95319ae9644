"""The method as the paper and the released code run it: the oracle of the fast path and of every gradient.

Nothing is rearranged. The fine pass asks the network anew at all sorted samples, every head answers at every sample,
and the answers are composited after that: 160 calls a ray in the published sizes. Autograd differentiates it as it
stands. The model lends its encoder and its linear layers; where they are applied and to what is written here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional as F

from pipeline.config.settings import Camera, Train
from train.network.field import FieldNetwork, ResidualBlock
from train.network.model import FeatureField
from train.objects.batches import RayBatch
from train.rendering.volume import SampleDraws

Interpolation = Callable[[Float[Tensor, "o c h w"], Float[Tensor, "o n 2"]], Float[Tensor, "o n c"]]


def bilinear(maps: Float[Tensor, "o c h w"], uv: Float[Tensor, "o n 2"]) -> Float[Tensor, "o n c"]:
    """Maps between the centres of their four nearest cells; beyond the outermost centres the border goes on.

    0 and 1 are the image's edges.
    """
    height, width = maps.shape[-2:]
    x = (uv[..., 0] * width - 0.5).clamp(0, width - 1)
    y = (uv[..., 1] * height - 0.5).clamp(0, height - 1)
    left, top = x.detach().long().clamp(max=width - 2), y.detach().long().clamp(max=height - 2)
    total = torch.zeros(())
    for row in (top, top + 1):
        for column in (left, left + 1):
            share = (1 - (y - row).abs()) * (1 - (x - column).abs())
            index = (row * width + column)[:, None, :].expand(-1, maps.shape[1], -1)
            total = total + share[..., None] * maps.flatten(2).gather(2, index).mT
    return total


@dataclass(frozen=True)
class Field:
    """What answers at a point: the network, and the encoded source views with their cameras."""

    network: FieldNetwork
    maps: Float[Tensor, "o s c h w"]
    source_poses: Float[Tensor, "o s 4 4"]
    source_intrinsics: Float[Tensor, "o s 4"]
    camera: Camera
    interpolate: Interpolation


@dataclass(frozen=True)
class Pass:
    """What one pass renders along each ray; the coordinate error is a mean over the ray's samples.

    `internal` is at the samples, not composited: the losses do without it.
    """

    weights: Float[Tensor, "o r k"]
    depth: Float[Tensor, "o r"]
    rgb: Float[Tensor, "o r 3"]
    feature: Float[Tensor, "o r c"]
    coordinate_error: Float[Tensor, "o r 3"]
    internal: Float[Tensor, "o r k width"]


def reference_losses(
    model: FeatureField,
    batch: RayBatch,
    settings: Train,
    camera: Camera,
    draws: SampleDraws,
    *,
    interpolate: Interpolation = bilinear,
    detach_depth: bool = False,
) -> dict[str, Tensor]:
    """All loss terms by name, those of weight 0 too, and their weighted `total`.

    `interpolate` reads the feature maps. `detach_depth` cuts the gradient through the depth-guided samples, which the
    method does not.
    """
    objects, views = batch.source_images.shape[:2]
    maps = model.encoder(batch.source_images.flatten(0, 1)).unflatten(0, (objects, views))
    field = Field(model.network, maps, batch.source_poses, batch.source_intrinsics, camera, interpolate)
    origin, direction = rays_through_pixels(batch.pixels, batch.poses, batch.intrinsics)
    near, far = camera.near, camera.far

    coarse_depths = stratified_depths(draws.coarse, near, far)
    coarse = render(field, origin, direction, coarse_depths)
    around = coarse.depth.detach() if detach_depth else coarse.depth
    important = inverse_of_cdf(coarse.weights.detach() + 1e-5, draws.importance, near, far)
    guided = (around[..., None] + settings.depth_std * draws.guided).clamp(near, far)
    all_depths = torch.cat([coarse_depths, important, guided], dim=-1).sort(dim=-1).values
    fine = render(field, origin, direction, all_depths)

    terms = {}
    for name, result in (("coarse", coarse), ("fine", fine)):
        terms[f"rgb_{name}"] = F.mse_loss(result.rgb, batch.rgb)
        terms[f"feature_{name}"] = F.mse_loss(result.feature, batch.feature)
        terms[f"coordinate_{name}"] = F.mse_loss(result.coordinate_error, torch.zeros_like(origin))
    terms["total"] = (
        terms["rgb_coarse"]
        + terms["rgb_fine"]
        + settings.feature_weight * (terms["feature_coarse"] + terms["feature_fine"])
        + settings.coordinate_weight * (terms["coordinate_coarse"] + terms["coordinate_fine"])
    )
    return terms


# --- rays and samples


def rays_through_pixels(
    pixels: Int64[Tensor, "o r 2"], poses: Float[Tensor, "o r 4 4"], intrinsics: Float[Tensor, "o r 4"]
) -> tuple[Float[Tensor, "o r 3"], Float[Tensor, "o r 3"]]:
    """Origins and unit directions in the world. Pixels (row, col) have centres at + 0.5, a camera looks along -Z."""
    row, column = pixels.to(poses.dtype).unbind(dim=-1)
    fx, fy, cx, cy = intrinsics.unbind(dim=-1)
    x, y = (column + 0.5 - cx) / fx, -(row + 0.5 - cy) / fy
    in_camera = torch.stack([x, y, -torch.ones_like(x)], dim=-1)
    direction = torch.einsum("orij,orj->ori", poses[..., :3, :3], in_camera)
    return poses[..., :3, 3], F.normalize(direction, dim=-1)


def stratified_depths(draws: Float[Tensor, "o r k"], near: float, far: float) -> Float[Tensor, "o r k"]:
    """A depth in each of k equal bins."""
    edges = torch.linspace(near, far, draws.shape[-1] + 1, dtype=draws.dtype, device=draws.device)
    return edges[:-1] + draws * (edges[1:] - edges[:-1])


def inverse_of_cdf(
    masses: Float[Tensor, "o r k"], draws: Float[Tensor, "o r n"], near: float, far: float
) -> Float[Tensor, "o r n"]:
    """The depths at which the masses of k equal bins, each spread evenly inside its bin, reach the shares `draws`.

    Bins fill one after the other: the depth is as many bins deep as are full, and a part of the next.
    """
    pdf = masses / masses.sum(dim=-1, keepdim=True)
    before = pdf.cumsum(dim=-1) - pdf
    filled = ((draws[..., :, None] - before[..., None, :]) / pdf[..., None, :]).clamp(0, 1)
    return near + filled.sum(dim=-1) * (far - near) / masses.shape[-1]


def render(
    field: Field, origin: Float[Tensor, "o r 3"], direction: Float[Tensor, "o r 3"], depths: Float[Tensor, "o r k"]
) -> Pass:
    """One pass over sorted depths."""
    points = origin[..., None, :] + depths[..., None] * direction[..., None, :]
    directions = direction[..., None, :].expand_as(points)
    sigma, rgb, feature, coordinate, internal = (
        answer.unflatten(1, depths.shape[1:]) for answer in query(field, points.flatten(1, 2), directions.flatten(1, 2))
    )
    delta = torch.cat([depths[..., 1:], torch.full_like(depths[..., :1], field.camera.far)], dim=-1) - depths
    alpha = 1 - torch.exp(-delta * F.relu(sigma[..., 0]))
    transmittance = torch.cumprod(1 - alpha, dim=-1)
    reaching = torch.cat([torch.ones_like(transmittance[..., :1]), transmittance[..., :-1]], dim=-1)
    weights = reaching * alpha
    return Pass(
        weights=weights,
        depth=(weights * depths).sum(dim=-1),
        rgb=(weights[..., None] * rgb).sum(dim=-2),
        feature=(weights[..., None] * feature).sum(dim=-2),
        coordinate_error=(coordinate - points).mean(dim=-2),
        internal=internal,
    )


# --- the network


def query(field: Field, points: Float[Tensor, "o n 3"], directions: Float[Tensor, "o n 3"]) -> tuple[Tensor, ...]:
    """Raw density, colour, feature, coordinate and internal feature at world points seen along world directions."""
    network, branches = field.network, []
    for view in range(field.maps.shape[1]):
        to_camera = torch.linalg.inv(field.source_poses[:, view])
        rotation, translation = to_camera[:, :3, :3].mT, to_camera[:, None, :3, 3]
        rotated = points @ rotation
        seen_at = projected(rotated + translation, field.source_intrinsics[:, None, view]) / field.camera.size
        pixel_feature = field.interpolate(field.maps[:, view], seen_at)
        h = network.entry(torch.cat([code(rotated, network.frequencies), directions @ rotation], dim=-1))
        for injection, block in zip(network.injections, network.blocks[:3], strict=True):
            h = residual(block, h + injection(pixel_feature))
        branches.append(h)
    h = torch.stack(branches).mean(dim=0)
    for block in network.blocks[3:]:
        h = residual(block, h)
    internal, h = h, F.relu(h)
    return network.density(h), torch.sigmoid(network.rgb(h)), network.feature(h), network.coordinate(h), internal


def residual(block: ResidualBlock, x: Float[Tensor, "o n width"]) -> Float[Tensor, "o n width"]:
    return x + block.second(F.relu(block.first(F.relu(x))))


def code(x: Float[Tensor, "o n 3"], frequencies: int) -> Float[Tensor, "o n c"]:
    """The positional code, its input kept."""
    angles = [1.5 * 2**k * x for k in range(frequencies)]
    return torch.cat([x, *(wave(angle) for angle in angles for wave in (torch.sin, torch.cos))], dim=-1)


def projected(in_camera: Float[Tensor, "o n 3"], intrinsics: Float[Tensor, "o 1 4"]) -> Float[Tensor, "o n 2"]:
    """Where points in front of the camera are seen: (u, v) in continuous pixels, v downwards."""
    x, y, z = in_camera.unbind(dim=-1)
    fx, fy, cx, cy = intrinsics.unbind(dim=-1)
    return torch.stack([cx - fx * x / z, cy + fy * y / z], dim=-1)

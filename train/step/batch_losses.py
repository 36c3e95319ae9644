"""The loss terms of one batch of rays."""

from __future__ import annotations

from torch import Tensor

from pipeline.config.settings import Camera, Train
from train.network.model import FeatureField
from train.objects.batches import RayBatch
from train.rays import pixel_rays
from train.rendering.renderer import render_rays
from train.rendering.volume import SampleDraws, Sampling
from train.step.losses import loss_outputs, losses


def batch_losses(
    model: FeatureField, batch: RayBatch, settings: Train, camera: Camera, draws: SampleDraws
) -> dict[str, Tensor]:
    """Render a batch and return its loss terms by name. Batch, draws and model lie on one device."""
    source = model.encode(batch.source_images, batch.source_poses, batch.source_intrinsics)
    rays = pixel_rays(batch.pixels, batch.poses, batch.intrinsics, source.first_centre)
    rendering = render_rays(model.network, source, rays, Sampling.of(settings, camera), draws, loss_outputs(settings))
    return losses(rendering, batch.rgb, batch.feature, settings)

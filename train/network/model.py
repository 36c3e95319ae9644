"""The trainable model: an image encoder and the field network."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pipeline.config.settings import Train
from pipeline.seeds import seed_of
from train.network.encoder_weights import build_encoder
from train.network.field import FieldNetwork
from train.network.precision import products
from train.network.source import Source
from train.pixel_centres import first_centre


class FeatureField(nn.Module):
    """Encoder and network for one category and teacher. The only state is weights and BatchNorm statistics."""

    def __init__(self, settings: Train, teacher_channels: int) -> None:
        """Draw weights from torch's generator; the encoder's come from `encoder_weights` if set. Raises UserError."""
        super().__init__()
        self.encoder = build_encoder(settings.encoder, settings.encoder_weights)
        self.network = FieldNetwork(
            self.encoder.channels,
            teacher_channels,
            settings.width,
            settings.blocks,
            settings.frequencies,
            settings.precision,
            settings.density_start,
        )
        self.first_centre = first_centre(settings.pixel_centres)
        self.frozen_statistics = settings.batch_statistics == "frozen"

    def train(self, mode: bool = True) -> FeatureField:
        """Switch to train mode, in which BatchNorm uses the step's images, unless its statistics are frozen."""
        super().train(mode)
        if self.frozen_statistics:
            self.encoder.eval()
        return self

    def encode(
        self,
        images: Float[Tensor, "o s 3 size size"],
        poses: Float[Tensor, "o s 4 4"],
        intrinsics: Float[Tensor, "o s 4"],
    ) -> Source:
        """Encode source images over black, scaled to [-1, 1]. In train mode BatchNorm sees all of them together."""
        features = self(images.flatten(0, 1)).unflatten(0, images.shape[:2])
        return Source(features, poses, intrinsics, images.shape[-1], self.first_centre)

    def forward(self, images: Float[Tensor, "s 3 h w"]) -> Float[Tensor, "s c H W"]:
        """Return the encoder's feature maps in the model's precision."""
        with products(self.network.precision, images.device):
            features: Tensor = self.encoder(images)
        return features


def new_model(settings: Train, teacher_channels: int) -> FeatureField:
    """Make a model in train mode with weights from the settings' seed. torch's global generator does not change."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of("weights", settings.seed))
        return FeatureField(settings, teacher_channels)

"""The trained model as evaluation uses it, and the files it is kept in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from pipeline.atomic_files import write_bytes, write_json
from pipeline.errors import UserError
from pipeline.settings import Camera, Train
from train.network.model import FeatureField
from train.network.source import Source
from train.objects.over_black import over_black
from train.rays import pixel_rays
from train.rendering.renderer import Outputs, RenderedRays, render_rays
from train.rendering.volume import Sampling, fixed_draws

TENSORS = "model.safetensors"
RECORD = "model.json"


@dataclass(frozen=True)
class RenderedPixels:
    """Pixels rendered with the fine weights over black.

    `rgb` in 0..1, `depth` the expected distance along the unit ray in world units, `weight_sum` the opacity, `internal`
    the descriptor (not normalised), `feature` the distilled answer on the teacher's scale.
    """

    rgb: Float[Tensor, "n 3"]
    depth: Float[Tensor, " n"]
    weight_sum: Float[Tensor, " n"]
    internal: Float[Tensor, "n width"]
    feature: Float[Tensor, "n c"]


@dataclass(frozen=True)
class TrainedField:
    """A model in evaluation mode: the same question gives the same answer, and nothing changes by asking."""

    model: FeatureField
    settings: Train
    camera: Camera

    @property
    def device(self) -> torch.device:
        """Where the model lies."""
        return self.model.network.entry.weight.device

    @torch.no_grad()
    def encode(
        self, images: UInt8[Tensor, "s h w 4"] | Float[Tensor, "s h w 3"], poses: Float[Tensor, "s 4 4"]
    ) -> Source:
        """The encoded source views of one object: 8-bit RGBA with straight alpha, or rgb over black in 0..1.

        `poses` are camera-to-world with OpenGL axes.
        """
        rgb = over_black(images) if images.dtype == torch.uint8 else images
        scaled = 2 * rgb.movedim(-1, -3) - 1
        return self.model.encode(scaled[None].to(self.device), poses[None].to(self.device), self.camera)

    @torch.no_grad()
    def render_pixels(
        self, source: Source, pose: Float[Tensor, "4 4"], pixels: Int[Tensor, "n 2"], rays_per_batch: int
    ) -> RenderedPixels:
        """Pixels (row, col) of the image that a camera at `pose` would take, `rays_per_batch` at a time."""
        sampling = Sampling.of(self.settings, self.camera)
        rendered: list[RenderedRays] = []
        for batch in torch.split(pixels.to(self.device), rays_per_batch):
            poses = pose.to(self.device).expand(1, len(batch), 4, 4)
            rays = pixel_rays(batch[None], poses, self.camera.size, self.camera.angle_x)
            draws = fixed_draws(sampling, (1, len(batch)), self.device)
            rendered.append(render_rays(self.model.network, source, rays, sampling, draws, Outputs()).fine)
        return RenderedPixels(
            *(
                torch.cat([getattr(part, name)[0] for part in rendered])
                for name in ("rgb", "depth", "weight_sum", "internal", "feature")
            )
        )


def save_model(folder: Path, model: FeatureField, settings: Train, camera: Camera) -> None:
    """Writes model.safetensors and model.json, which holds all that `load_model` needs."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    write_bytes(folder / TENSORS, safetensors.torch.save(state))
    record = {
        "teacher_channels": model.network.feature.out_features,
        "train": settings.model_dump(mode="json"),
        "camera": camera.model_dump(mode="json"),
    }
    write_json(folder / RECORD, record)


def load_model(folder: Path, device: torch.device) -> TrainedField:
    """The model that `save_model` wrote. Raises UserError if it is missing or damaged."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        settings, camera = Train.model_validate(record["train"]), Camera.model_validate(record["camera"])
        # The encoder's weights come with the model: its first ones need not be there any more.
        model = FeatureField(settings.model_copy(update={"encoder_weights": None}), record["teacher_channels"])
        model.load_state_dict(safetensors.torch.load_file(folder / TENSORS))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, safetensors.SafetensorError) as error:
        raise UserError(
            f"{folder}: {TENSORS} and {RECORD} are no whole model ({type(error).__name__}); repeat the train stage."
        ) from None
    return TrainedField(model.to(device).eval(), settings, camera)

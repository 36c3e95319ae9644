"""A latent diffusion model as a teacher's network: encode once, add seeded noise, denoise up to the features."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.config.sections.teachers import LatentDiffusion
from pipeline.seeds import generator_of
from pipeline.teachers.diffusion_parts import DiffusionParts
from pipeline.teachers.diffusion_shape import DiffusionShape
from pipeline.teachers.precision import calculating


class LatentDiffusionNetwork(nn.Module):
    """See `Network`. Forward hooks on diffusers' U-Net keep the outputs of the chosen up blocks.

    Maps are the mean over `section.noises` draws of noise, in the network's own type.
    """

    prompt: Tensor
    timestep: Tensor

    def __init__(self, parts: DiffusionParts, shape: DiffusionShape, section: LatentDiffusion, cells: int) -> None:
        """Take the parts, which must not be used again: what lies behind the features is dropped from them."""
        super().__init__()
        self.vae, self.unet = parts.vae, parts.unet
        self.signal, self.noise = parts.signal, parts.noise
        self.shape, self.section, self.cells = shape, section, cells
        self.register_buffer("prompt", parts.prompt)
        self.register_buffer("timestep", torch.tensor([section.timestep]))
        del self.vae.decoder, self.vae.post_quant_conv
        # Without the layers behind it, the U-Net's forward stops after the last chosen block.
        self.unet.up_blocks = self.unet.up_blocks[: section.up_blocks[-1] + 1]
        self.unet.conv_norm_out, self.unet.conv_out = None, nn.Identity()
        self._outputs: list[Tensor] = []
        for block in section.up_blocks:
            self.unet.up_blocks[block].register_forward_hook(lambda *call: self._outputs.append(call[-1]))

    def forward(
        self, images: Float32[Tensor, "n h w 3"], names: Sequence[str]
    ) -> Float[Tensor, "n cells cells channels"]:
        """See `Network`. An image is encoded once for all draws."""
        with calculating(images.device, "fp32"):  # the parts have the type of the precision themselves
            latents = self.encode(images)
            draws = (self._drawn(names, number, images.device) for number in range(self.section.noises))
            total: Any = sum(self.denoise(latents, noise).float() for noise in draws)
        maps: Tensor = (total / self.section.noises).to(self.prompt.dtype)
        return maps

    def encode(self, images: Tensor) -> Tensor:
        """Encode images to latents (n, channels, side, side) in fp32: the means, nothing is drawn."""
        size = (self.section.input_size, self.section.input_size)
        pixels = F.interpolate(images.permute(0, 3, 1, 2), size, mode="bilinear", align_corners=False)
        mean: Tensor = self.vae.encode((2 * pixels - 1).to(self.prompt.dtype)).latent_dist.mode().float()
        return (mean - self.shape.shift) * self.shape.scale

    def denoise(self, latents: Tensor, noise: Tensor) -> Tensor:
        """Denoise once, without guidance; average the outputs of the chosen up blocks over the cells."""
        noisy = (self.signal * latents + self.noise * noise).to(self.prompt.dtype)
        self._outputs = []
        self.unet(noisy, self.timestep, self.prompt.expand(len(noisy), -1, -1), return_dict=False)
        maps = [F.avg_pool2d(output, output.shape[-1] // self.cells) for output in self._outputs]
        self._outputs = []
        return torch.cat(maps, dim=1).permute(0, 2, 3, 1).contiguous()

    def _drawn(
        self, names: Sequence[str], number: int, device: torch.device
    ) -> Float32[Tensor, "n channels side side"]:
        """Draw standard normal noise, seeded by name: the same in every batch and on every device."""
        side = self.section.input_size // self.shape.factor
        drawn = np.empty((len(names), self.shape.latent_channels, side, side), dtype=np.float32)
        for name, noise in zip(names, drawn, strict=True):
            generator_of("ldm noise", self.section.seed, name, number).standard_normal(dtype=np.float32, out=noise)
        tensor = torch.from_numpy(drawn)
        # From pinned memory the copy need not wait for what the GPU has still to do.
        return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)

    def speed_up(self, compiled: bool) -> None:
        """Prepare for a GPU."""
        self.to(memory_format=torch.channels_last)
        if compiled:
            # While compiling, torch warns of a cached function of diffusers that asks for torch's version.
            warnings.filterwarnings("ignore", "Dynamo detected a call to a `functools.lru_cache`", UserWarning)
            for part in ("encode", "denoise"):
                setattr(self, part, torch.compile(getattr(self, part), dynamic=False))

    def check(self, channels: int) -> None:
        """Raise ValueError if maps have another shape, or whatever error the networks end with.

        A configuration may fit all weights and still describe a network that fails or has another grid. It runs on
        the meta device, where tensors have shapes and no numbers.
        """
        state = {name: tensor.detach().to("meta") for name, tensor in self.state_dict().items()}
        images = torch.empty((1, self.cells, self.cells, 3), device="meta")
        maps = torch.func.functional_call(self, state, (images, ["view"]))
        if maps.shape != (1, self.cells, self.cells, channels):
            raise ValueError(f"maps of shape {tuple(maps.shape)}, not {(1, self.cells, self.cells, channels)}")

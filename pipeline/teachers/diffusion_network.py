"""A latent diffusion model as a teacher's network: encode once, add seeded noise, denoise up to the features."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
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


class UnfitPartsError(Exception):
    """What is wrong with a model's parts together, as part of a sentence."""


class LatentEncoder(nn.Module):
    """The image encoder: images (n, h, w, 3) of sRGB values 0..1 to latents (n, channels, side, side) in fp32.

    The latent is the mean of the encoder's distribution: nothing is drawn.
    """

    def __init__(self, vae: Any, shape: DiffusionShape, input_size: int) -> None:
        """Take the parts from diffusers' network. Images will be resized to `input_size` pixels."""
        super().__init__()
        self.encoder: nn.Module = vae.encoder
        self.moments: nn.Module = vae.quant_conv or nn.Identity()
        self.shape, self.input_size = shape, input_size

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        size = (self.input_size, self.input_size)
        pixels = F.interpolate(images.permute(0, 3, 1, 2), size, mode="bilinear", align_corners=False)
        weight = next(self.encoder.parameters())
        moments: Tensor = self.moments(self.encoder((2 * pixels - 1).to(weight.dtype)))
        mean = moments[:, : self.shape.latent_channels].float()
        return (mean - self.shape.shift) * self.shape.scale


class Denoiser(nn.Module):
    """One denoising pass without guidance: latents and noise (n, channels, side, side) to maps (n, cells, cells, c).

    A map holds the outputs of the chosen up blocks, each averaged over the cells. The steps are those of diffusers'
    `UNet2DConditionModel.forward` for a model that is conditioned on a timestep and a prompt alone.
    """

    time: Tensor
    prompt: Tensor

    def __init__(self, parts: DiffusionParts, timestep: int, up_blocks: tuple[int, ...], cells: int) -> None:
        """Take the parts from diffusers' network, which ends with the last of `up_blocks`."""
        super().__init__()
        unet = parts.unet
        self.conv_in: nn.Module = unet.conv_in
        self.down_blocks: nn.ModuleList = unet.down_blocks
        self.mid_block: nn.Module | None = unet.mid_block
        self.up_blocks: nn.ModuleList = unet.up_blocks
        self.signal, self.noise, self.chosen, self.cells = parts.signal, parts.noise, up_blocks, cells
        # One timestep and one prompt for all images: both are embedded once.
        self.register_buffer("time", unet.time_embedding(unet.time_proj(torch.tensor([timestep])).float()))
        self.register_buffer("prompt", parts.prompt)

    def forward(self, latents: Tensor, noise: Tensor) -> Tensor:
        """See the class."""
        prompt = {"encoder_hidden_states": self.prompt.expand(len(latents), -1, -1)}
        sample = self.conv_in((self.signal * latents + self.noise * noise).to(self.prompt.dtype))
        skipped = [sample]
        for down in self.down_blocks:
            sample, outputs = down(hidden_states=sample, temb=self.time, **(prompt if _takes_prompt(down) else {}))
            skipped += outputs
        if self.mid_block is not None:
            sample = self.mid_block(sample, self.time, **(prompt if _takes_prompt(self.mid_block) else {}))
        maps = []
        for number, up in enumerate(self.up_blocks):
            split = len(skipped) - len(up.resnets)  # type: ignore[arg-type]
            skipped, taken = skipped[:split], tuple(skipped[split:])
            sample = up(sample, taken, temb=self.time, **(prompt if _takes_prompt(up) else {}))
            if number in self.chosen:
                maps.append(F.avg_pool2d(sample, sample.shape[-1] // self.cells))
        return torch.cat(maps, dim=1).permute(0, 2, 3, 1).contiguous()


def _takes_prompt(block: nn.Module) -> bool:
    return bool(getattr(block, "has_cross_attention", False))


@dataclass(frozen=True)
class SeededNoise:
    """Standard normal noise for latents, seeded by the view's name and the draw's number."""

    seed: int
    channels: int
    side: int

    def __call__(self, names: Sequence[str], number: int) -> Float32[np.ndarray, "n channels side side"]:
        """Draw the noise of each view: the same in every batch and on every device."""
        drawn = np.empty((len(names), self.channels, self.side, self.side), dtype=np.float32)
        for name, noise in zip(names, drawn, strict=True):
            generator_of("ldm noise", self.seed, name, number).standard_normal(dtype=np.float32, out=noise)
        return drawn


@dataclass(frozen=True)
class LatentDiffusionNetwork:
    """See `Network`. Maps are the mean over `draws` draws of noise, in the network's own type."""

    encode: Callable[[Tensor], Tensor]
    denoise: Callable[[Tensor, Tensor], Tensor]
    noise: SeededNoise
    draws: int

    def __call__(
        self, images: Float32[Tensor, "n h w 3"], names: Sequence[str]
    ) -> Float[Tensor, "n cells cells channels"]:
        """See `Network`. An image is encoded once for all draws."""
        with torch.no_grad(), _exact_convolutions():
            latents = self.encode(images)
            first = self.denoise(latents, self._drawn(names, 0, images.device))
            if self.draws == 1:
                return first
            total = first.float()
            for number in range(1, self.draws):
                total += self.denoise(latents, self._drawn(names, number, images.device))
            return (total / self.draws).to(first.dtype)

    def _drawn(
        self, names: Sequence[str], number: int, device: torch.device
    ) -> Float32[Tensor, "n channels side side"]:
        noise = torch.from_numpy(self.noise(names, number))
        # From pinned memory the copy need not wait for what the GPU has still to do.
        return noise.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else noise


def _exact_convolutions() -> AbstractContextManager[None]:
    """Convolutions in fp32 are in fp32: cuDNN takes TF32 unless told otherwise. bf16 is not concerned."""
    flags: Any = torch.backends.cudnn.flags  # torch declares no types for it
    context: AbstractContextManager[None] = flags(enabled=True, allow_tf32=False)
    return context


def diffusion_network(
    parts: DiffusionParts,
    shape: DiffusionShape,
    section: LatentDiffusion,
    cells: int,
    dtype: torch.dtype,
    device: torch.device,
    compiled: bool,
) -> LatentDiffusionNetwork:
    """Build the network on a device, its weights and activations in `dtype`. The parts must not be used again.

    Raises UnfitPartsError if they do not go together.
    """
    size, up_blocks = section.input_size, section.up_blocks
    noise = SeededNoise(section.seed, shape.latent_channels, size // shape.factor)
    encoder = LatentEncoder(parts.vae, shape, size)
    with torch.no_grad():
        denoiser = Denoiser(parts, section.timestep, up_blocks, cells)
        latent = (1, noise.channels, noise.side, noise.side)
        _check_output(encoder, ((1, size, size, 3),), latent)
        _check_output(denoiser, (latent, latent), (1, cells, cells, shape.channels(up_blocks)))
    encoder.to(device, dtype)
    denoiser.to(device, dtype)
    encode: Callable[[Tensor], Tensor] = encoder
    denoise: Callable[[Tensor, Tensor], Tensor] = denoiser
    if device.type == "cuda":
        encoder.to(memory_format=torch.channels_last)
        denoiser.to(memory_format=torch.channels_last)
        if compiled:
            # While compiling, torch warns of a cached function of diffusers that asks for torch's version.
            warnings.filterwarnings("ignore", "Dynamo detected a call to a `functools.lru_cache`", UserWarning)
            encode, denoise = torch.compile(encoder, dynamic=False), torch.compile(denoiser, dynamic=False)
    return LatentDiffusionNetwork(encode, denoise, noise, section.noises)


def _check_output(part: nn.Module, inputs: tuple[tuple[int, ...], ...], output: tuple[int, ...]) -> None:
    """Raise UnfitPartsError if a part fails on tensors of the shapes `inputs`, or returns another shape than `output`.

    A configuration may fit all weights and still describe a network that fails or has another grid. The part runs on
    the meta device, where tensors have shapes and no numbers.
    """
    state = {name: tensor.detach().to("meta") for name, tensor in part.state_dict().items()}
    tensors = tuple(torch.empty(shape, device="meta") for shape in inputs)
    try:
        shape = tuple(torch.func.functional_call(part, state, tensors).shape)
    except Exception as error:  # a network raises whatever its configuration leads to
        raise UnfitPartsError(f"{type(part).__name__} fails with {type(error).__name__}") from None
    if shape != output:
        raise UnfitPartsError(f"{type(part).__name__} answers in {shape}, not {output}")

"""The sizes of a latent diffusion model, read from its configurations and compared with the settings."""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import Annotated, Literal

from pydantic import BaseModel, Field, PositiveInt

from pipeline.artifacts.layouts import CELL
from pipeline.config.sections.teachers import LatentDiffusion
from pipeline.errors import UserError
from pipeline.teachers.diffusion_folder import SCHEDULER, TEXT_ENCODER, UNET, VAE, DiffusionFolder

INPUT_STEP = 64  # pixels, as the settings have it
PUBLISHED_SCALE = 0.18215  # Stable Diffusion 1's; its published configuration does not name it
MOST = 64  # layers of a kind, and blocks: a file that asks for 10^30 would be built for ever
Channels = Annotated[tuple[PositiveInt, ...], Field(min_length=1, max_length=MOST)]  # from the finest to the coarsest
Layers = Annotated[int, Field(ge=1, le=MOST)]


class _Unet(BaseModel):
    """A U-Net that is given a latent, a timestep and a prompt, and nothing else."""

    class_name: Literal["UNet2DConditionModel"] = Field(alias="_class_name")
    in_channels: PositiveInt
    block_out_channels: Channels
    layers_per_block: Layers | tuple[Layers, ...] = 2
    transformer_layers_per_block: Layers | tuple[Layers | tuple[Layers, ...], ...] = 1
    reverse_transformer_layers_per_block: tuple[Layers | tuple[Layers, ...], ...] | None = None
    addition_embed_type: None = None


class _Vae(BaseModel):
    class_name: Literal["AutoencoderKL"] = Field(alias="_class_name")
    in_channels: Literal[3] = 3
    latent_channels: PositiveInt
    block_out_channels: Channels
    layers_per_block: Layers = 1
    latents_mean: None = None
    latents_std: None = None
    shift_factor: float | None = None
    scaling_factor: float | None = None


class _TextEncoder(BaseModel):
    num_hidden_layers: Layers = 12


class _Schedule(BaseModel):
    num_train_timesteps: PositiveInt
    beta_schedule: str


@dataclass(frozen=True)
class DiffusionShape:
    """Sizes of a model: `up_channels` in the order of its up blocks, `factor` image pixels along a latent's pixel.

    A latent is (encoded - shift) x scale.
    """

    up_channels: tuple[int, ...]
    latent_channels: int
    factor: int
    shift: float
    scale: float

    def channels(self, up_blocks: tuple[int, ...]) -> int:
        """Return the channels of the outputs of `up_blocks` together."""
        return sum(self.up_channels[block] for block in up_blocks)

    def shrinking(self, block: int) -> int:
        """Return how many latent pixels lie along one output pixel of an up block. Every block but the last doubles.

        Block -1 is what the first one is given: the coarsest there is.
        """
        last = len(self.up_channels) - 1
        return int(2 ** (last - min(block + 1, last)))


def fitting_shape(folder: DiffusionFolder, section: LatentDiffusion, cells: int) -> DiffusionShape:
    """Read a model's sizes. Raises UserError if its class is another, or the settings do not fit it and the camera."""
    unet, vae, schedule = folder.parsed(UNET, _Unet), folder.parsed(VAE, _Vae), folder.parsed(SCHEDULER, _Schedule)
    folder.parsed(TEXT_ENCODER, _TextEncoder)
    if unet.in_channels != vae.latent_channels:
        raise folder.other_class(UNET, f"in_channels: {unet.in_channels}, not {vae.latent_channels}")
    shape = DiffusionShape(
        up_channels=unet.block_out_channels[::-1],
        latent_channels=vae.latent_channels,
        factor=2 ** (len(vae.block_out_channels) - 1),
        shift=vae.shift_factor or 0.0,
        scale=PUBLISHED_SCALE if vae.scaling_factor is None else vae.scaling_factor,
    )
    last, steps = len(shape.up_channels) - 1, schedule.num_train_timesteps
    if section.up_blocks[-1] > last:
        raise UserError(
            f"{folder.key('up_blocks')} names block {section.up_blocks[-1]}, but {folder.path} has blocks 0 to {last}."
        )
    if section.timestep >= steps:
        raise UserError(
            f"{folder.key('timestep')} is {section.timestep}, but {folder.path} has timesteps 0 to {steps - 1}."
        )
    # A cell holds a whole number of pixels of the coarsest chosen output, and so of the others.
    shrinking = shape.factor * shape.shrinking(section.up_blocks[0])
    step = lcm(INPUT_STEP, shape.factor * shape.shrinking(-1), shrinking * cells)
    if section.input_size % step:
        raise UserError(
            f"{folder.key('input_size')} is {section.input_size}, which gives up block {section.up_blocks[0]} "
            f"{section.input_size / shrinking:g} pixels along an edge, but the camera's {cells * CELL} pixels have "
            f"{cells} cells: set it to {step} or a multiple."
        )
    return shape

"""The sizes of a latent diffusion model, read from its configurations and compared with the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import lcm
from typing import Any

from pipeline.artifacts.layouts import CELL
from pipeline.config.sections.teachers import LatentDiffusion
from pipeline.errors import UserError
from pipeline.teachers.diffusion_folder import DiffusionFolder

UNET, VAE, SCHEDULER = "unet/config.json", "vae/config.json", "scheduler/scheduler_config.json"
CLASSES = {UNET: "UNet2DConditionModel", VAE: "AutoencoderKL"}
INPUT_STEP = 64  # pixels, as the settings have it
PUBLISHED_SCALE = 0.18215  # Stable Diffusion 1's; its published configuration does not name it
# Inputs that such networks can have, with the values that turn them off: a latent, a timestep and a prompt are left.
PLAIN: Mapping[str, Mapping[str, Any]] = {
    UNET: {"addition_embed_type": None},
    VAE: {"in_channels": 3, "latents_mean": None, "latents_std": None},
    SCHEDULER: {},
}


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
        """Return how many latent pixels lie along one output pixel of an up block. Every block but the last doubles."""
        last = len(self.up_channels) - 1
        return int(2 ** (last - min(block + 1, last)))

    @property
    def deepest(self) -> int:
        """How many latent pixels lie along the coarsest pixel."""
        return int(2 ** (len(self.up_channels) - 1))


def fitting_shape(folder: DiffusionFolder, section: LatentDiffusion, cells: int) -> DiffusionShape:
    """Read a model's sizes. Raises UserError if its class is another, or the settings do not fit it and the camera."""
    shape = _read_shape(folder)
    last = len(shape.up_channels) - 1
    if section.up_blocks[-1] > last:
        raise UserError(
            f"{folder.key('up_blocks')} names block {section.up_blocks[-1]}, but {folder.path} has blocks 0 to {last}."
        )
    steps = _value(folder, SCHEDULER, "num_train_timesteps", int)
    if section.timestep >= steps:
        raise UserError(
            f"{folder.key('timestep')} is {section.timestep}, but {folder.path} has timesteps 0 to {steps - 1}."
        )
    _check_size(shape, section, cells, folder.key("input_size"))
    return shape


def _check_size(shape: DiffusionShape, section: LatentDiffusion, cells: int, key: str) -> None:
    """Raise UserError if a cell does not hold a whole number of pixels of the coarsest chosen output.

    If it does, it also holds whole numbers of the other outputs' pixels.
    """
    shrinking = shape.factor * shape.shrinking(section.up_blocks[0])
    step = lcm(INPUT_STEP, shape.factor * shape.deepest, shrinking * cells)
    if section.input_size % step:
        raise UserError(
            f"{key} is {section.input_size}, which gives up block {section.up_blocks[0]} "
            f"{section.input_size / shrinking:g} pixels along an edge, but the camera's {cells * CELL} pixels have "
            f"{cells} cells: set it to {step} or a multiple."
        )


def _read_shape(folder: DiffusionFolder) -> DiffusionShape:
    for file, plain in PLAIN.items():
        config = folder.config(file)
        if file in CLASSES and config.get("_class_name") != CLASSES[file]:
            raise _other(folder, file, f"_class_name {config.get('_class_name')!r}, not {CLASSES[file]!r}")
        for key, value in plain.items():
            if config.get(key, value) != value:
                raise _other(folder, file, f"{key} {config[key]!r}")
    schedule = folder.config(SCHEDULER)
    if "beta_schedule" not in schedule and schedule.get("trained_betas") is None:
        raise _other(folder, SCHEDULER, "no beta_schedule")
    latent_channels = _value(folder, VAE, "latent_channels", int)
    if _value(folder, UNET, "in_channels", int) != latent_channels:
        raise _other(folder, UNET, f"in_channels {folder.config(UNET)['in_channels']}, not {latent_channels}")
    return DiffusionShape(
        up_channels=tuple(reversed(_channels(folder, UNET))),
        latent_channels=latent_channels,
        factor=2 ** (len(_channels(folder, VAE)) - 1),
        shift=_number(folder, "shift_factor", 0.0),
        scale=_number(folder, "scaling_factor", PUBLISHED_SCALE),
    )


def _channels(folder: DiffusionFolder, file: str) -> list[int]:
    channels: list[int] = _value(folder, file, "block_out_channels", list)
    if not channels or not all(isinstance(number, int) and number > 0 for number in channels):
        raise _other(folder, file, f"block_out_channels {channels!r}")
    return channels


def _number(folder: DiffusionFolder, key: str, default: float) -> float:
    if folder.config(VAE).get(key) is None:
        return default
    return float(_value(folder, VAE, key, int | float))


def _value(folder: DiffusionFolder, file: str, key: str, kind: Any) -> Any:
    value = folder.config(file).get(key)
    if not isinstance(value, kind):
        raise _other(folder, file, f"{key} {value!r}")
    return value


def _other(folder: DiffusionFolder, file: str, what: str) -> UserError:
    return UserError(
        f"{folder.path / file} ({folder.key('weights')}) has {what}: that is no model of the class of Stable "
        "Diffusion 1 and 2, which this teacher needs; name the folder of one."
    )

"""A latent diffusion model of the class of Stable Diffusion that is as small as its layout allows."""

from pathlib import Path
from typing import Any

from benchmarks.made_up_weights import DiffusionSizes, write_diffusion
from pipeline.config.sections.teachers import LatentDiffusion, Precision
from pipeline.teachers.latent_diffusion import LatentDiffusionTeacher, latent_diffusion_teacher

# Factor 8 between image and latent, four levels in the U-Net; the last two up blocks have 16 + 8 channels.
TINY = DiffusionSizes(
    unet=(8, 16, 24, 32),
    unet_layers=1,
    heads=2,
    vae=(8, 8, 8, 8),
    vae_layers=1,
    groups=4,
    text=16,
    text_layers=2,
    text_heads=2,
)


def write_tiny_diffusion(folder: Path) -> None:
    """Write it. Its weights are random and the same each time."""
    write_diffusion(folder, TINY)


def tiny_section(folder: Path | None, **changes: Any) -> LatentDiffusion:
    """Settings that fit it and images of 32 pixels."""
    held = {
        "weights": None if folder is None else str(folder),
        "prompt": "{category}",
        "timestep": 100,
        "up_blocks": (2, 3),
        "input_size": 64,
        "noises": 1,
        "seed": 0,
    }
    return LatentDiffusion.model_validate({**held, **changes})


def tiny_teacher(
    folder: Path | None,
    precision: Precision = "fp32",
    cells: int = 8,
    category: str = "plane",
    **changes: Any,
) -> LatentDiffusionTeacher:
    """The teacher with it, and settings that fit but for the changes."""
    return latent_diffusion_teacher("ldm", tiny_section(folder, **changes), category, precision, cells)

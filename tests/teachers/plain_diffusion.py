"""The features that the ldm teacher must give, worked out with diffusers' unmodified networks and forward hooks."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import Tensor
from torch.nn import functional as F
from transformers import CLIPTextModel, CLIPTokenizer

from pipeline.config.sections.teachers import LatentDiffusion
from pipeline.seeds import generator_of

SCALE = 0.18215


def plain_features(
    folder: Path, images: Tensor, names: Sequence[str], section: LatentDiffusion, cells: int, number: int
) -> Tensor:
    """The features for the draw of noise with that number, in fp32, of planes."""
    vae = AutoencoderKL.from_pretrained(folder / "vae").eval()
    unet = UNet2DConditionModel.from_pretrained(folder / "unet").eval()
    outputs: dict[int, Tensor] = {}
    for block in section.up_blocks:
        unet.up_blocks[block].register_forward_hook(lambda *call, block=block: outputs.update({block: call[-1]}))
    pixels = (
        F.interpolate(images.permute(0, 3, 1, 2), (section.input_size, section.input_size), mode="bilinear") * 2 - 1
    )
    latents = vae.encode(pixels).latent_dist.mode() * SCALE
    shape = tuple(latents.shape[1:])
    noise = np.stack([_noise(section.seed, name, number, shape) for name in names])
    cumulated = alphas_cumulated()[section.timestep]
    noisy = np.sqrt(cumulated) * latents + np.sqrt(1 - cumulated) * torch.from_numpy(noise)
    prompts = _embedding(folder, section.prompt.format(category="plane")).expand(len(images), -1, -1)
    unet(noisy.float(), torch.full((len(images),), section.timestep), encoder_hidden_states=prompts)
    pooled = [F.adaptive_avg_pool2d(outputs[block], cells) for block in section.up_blocks]
    return torch.cat(pooled, dim=1).permute(0, 2, 3, 1)


def alphas_cumulated() -> np.ndarray:
    """Stable Diffusion's schedule: the square roots of beta are evenly spaced."""
    betas = np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
    return np.cumprod(1 - betas)


def _noise(seed: int, name: str, number: int, shape: tuple[int, ...]) -> np.ndarray:
    return generator_of("ldm noise", seed, name, number).standard_normal(shape, dtype=np.float32)


def _embedding(folder: Path, prompt: str) -> Tensor:
    tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
    encoder = CLIPTextModel.from_pretrained(folder / "text_encoder").eval()
    tokens = tokenizer(prompt, padding="max_length", max_length=77, return_tensors="pt").input_ids
    assert tokens.shape == (1, 77)
    return encoder(tokens).last_hidden_state

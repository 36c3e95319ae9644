"""The parts of a latent diffusion model: its networks, its embedded prompt and its noise. Only safetensors are read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import sqrt
from textwrap import shorten
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from pipeline.errors import UserError
from pipeline.teachers.diffusion_folder import SCHEDULER, UNET, VAE, DiffusionFolder
from pipeline.teachers.quiet_libraries import quiet_libraries

# Attention layers have other names in published files than in diffusers today.
ATTENTION = re.compile(r"(?<=\.)(query|key|value|proj_attn)(?=\.(weight|bias)$)")
ATTENTION_NOW = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}
CLASSES = {UNET: "UNet2DConditionModel", VAE: "AutoencoderKL"}
IGNORED = "position_ids"  # older text encoders store the numbers 0, 1, 2 ...


@dataclass(frozen=True)
class DiffusionParts:
    """A model's parts on the CPU, as they are stored.

    `vae` and `unet` are diffusers' networks. `prompt` (1, tokens, channels) is the prompt's embedding. A noisy latent
    at the timestep is signal x latent + noise x standard normal noise.
    """

    vae: Any
    unet: Any
    prompt: Tensor
    signal: float
    noise: float


def load_parts(folder: DiffusionFolder, prompt: str, timestep: int) -> DiffusionParts:
    """Read the parts. Raises UserError that names the part if one is damaged or does not fit its configuration."""
    with quiet_libraries(), torch.no_grad():
        signal, noise = _schedule(folder, timestep)
        embedding = _prompt(folder, prompt)
        return DiffusionParts(_network(folder, "vae", VAE), _network(folder, "unet", UNET), embedding, signal, noise)


@contextmanager
def refuse_failures(folder: DiffusionFolder, place: str, what: str) -> Iterator[None]:
    """Turn every error of a library on a damaged file or configuration into a UserError that names `place`."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        why = shorten(f"{type(error).__name__}: {error}", 240, placeholder=" ...").rstrip(". ")
        raise UserError(
            f"{folder.path / place} ({folder.key('weights')}) is no {what} ({why}): bring the published files back, or "
            "name another folder."
        ) from None


def _schedule(folder: DiffusionFolder, timestep: int) -> tuple[float, float]:
    """Return the square roots of the cumulated alpha and of 1 - alpha (DDPM, equation 4).

    Schedulers differ in sampling, but share how noise was added in training: DDPM's way. Its own product is in fp32,
    which leaves few digits of 1 - alpha at the first timesteps; so it is taken in double precision here.
    """
    import diffusers

    library: Any = diffusers  # it declares few types
    with refuse_failures(folder, SCHEDULER, "noise schedule"):
        betas = library.DDPMScheduler.from_config(folder.config(SCHEDULER)).betas.double()
        if not bool(((betas >= 0) & (betas <= 1)).all()):
            raise ValueError("a beta is not from 0 to 1")
        alpha = float((1 - betas).cumprod(0)[timestep])
        return sqrt(alpha), sqrt(1 - alpha)


def _prompt(folder: DiffusionFolder, prompt: str) -> Tensor:
    """Return the text encoder's last hidden state, on which Stable Diffusion is conditioned."""
    import transformers

    library: Any = transformers  # its types do not say what a keyword makes it return
    with refuse_failures(folder, "tokenizer", "CLIPTokenizer"):
        tokenizer = library.CLIPTokenizer.from_pretrained(folder.path / "tokenizer", local_files_only=True)
    with refuse_failures(folder, "text_encoder", "CLIPTextModel"):
        encoder, report = library.CLIPTextModel.from_pretrained(
            folder.path / "text_encoder",
            use_safetensors=True,
            local_files_only=True,
            variant=folder.variant("text_encoder"),
            output_loading_info=True,
        )
        absent = sorted(str(key) for key in report["missing_keys"] if not str(key).endswith(IGNORED))
        if absent:
            raise LookupError(f"it lacks {absent[0]}")
        most = min(int(tokenizer.model_max_length), int(encoder.config.max_position_embeddings))
        count = len(tokenizer([prompt]).input_ids[0])
        if count > most:
            raise UserError(
                f"{folder.key('prompt')} has {count} tokens, and the text encoder takes {most}: shorten it."
            )
        padded = tokenizer([prompt], padding="max_length", max_length=most, return_tensors="pt").input_ids
        embedding: Tensor = encoder.eval().float()(padded)[0]
        return embedding


def _network(folder: DiffusionFolder, part: str, config: str) -> Any:
    """Make one of diffusers' networks with the weights of its file, as it has them."""
    import diffusers

    kind = CLASSES[config]
    with refuse_failures(folder, config, f"configuration of {kind}"), torch.device("meta"):
        network: Any = getattr(diffusers, kind).from_config(folder.config(config))
    with refuse_failures(folder, str(folder.weights(part).relative_to(folder.path)), f"weights of {kind}"):
        tensors = load_file(folder.weights(part))
        renamed = {ATTENTION.sub(lambda old: ATTENTION_NOW[old[1]], name): tensors[name] for name in tensors}
        network.load_state_dict(renamed, assign=True)
    return network.eval().requires_grad_(False)

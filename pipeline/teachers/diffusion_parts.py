"""The parts of a latent diffusion model that its features need, read from safetensors. No other weight is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor

from pipeline.errors import UserError
from pipeline.teachers.diffusion_folder import DiffusionFolder
from pipeline.teachers.diffusion_shape import SCHEDULER, UNET, VAE, DiffusionShape
from pipeline.teachers.quiet_libraries import quiet_libraries

# Attention layers have other names in published files than in diffusers today.
ATTENTION = re.compile(r"(\.attentions\.\d+)\.(query|key|value|proj_attn)\.(weight|bias)$")
ATTENTION_NOW = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}
IGNORED = "position_ids"  # older text encoders store the numbers 0, 1, 2 ...


@dataclass(frozen=True)
class DiffusionParts:
    """A model's parts, in fp32 on the CPU.

    `vae` and `unet` are diffusers' networks without the layers after the features. `prompt` (1, tokens, channels) is
    the prompt's embedding. A noisy latent at the timestep is signal x latent + noise x standard normal noise.
    """

    vae: Any
    unet: Any
    prompt: Tensor
    signal: float
    noise: float


def load_parts(
    folder: DiffusionFolder, shape: DiffusionShape, prompt: str, timestep: int, last_up_block: int
) -> DiffusionParts:
    """Read the parts. Raises UserError that names the part if one is damaged or does not fit its configuration."""
    with quiet_libraries(), torch.no_grad():
        signal, noise = _schedule(folder, timestep)
        embedding = _prompt(folder, shape, prompt)
        vae = _network(folder, "vae", VAE, "AutoencoderKL", _encoder_alone)
        unet = _network(folder, "unet", UNET, "UNet2DConditionModel", lambda unet: _no_further(unet, last_up_block))
    return DiffusionParts(vae, unet, embedding, signal, noise)


def _schedule(folder: DiffusionFolder, timestep: int) -> tuple[float, float]:
    """Return the square roots of the cumulated alpha and of 1 - alpha (DDPM, equation 4).

    Schedulers differ in sampling, but share how noise was added in training: DDPM's way. Its own product is in fp32,
    which leaves few digits of 1 - alpha at the first timesteps; so it is taken in double precision here.
    """
    import diffusers

    library: Any = diffusers  # it declares few types
    try:
        scheduler = library.DDPMScheduler.from_config(folder.config(SCHEDULER))
        alpha = float((1 - scheduler.betas.double()).cumprod(0)[timestep])
    except Exception as error:  # the library raises whatever the configuration leads to
        raise _unfit(folder, folder.path / SCHEDULER, f"describes no noise schedule ({_first_line(error)})") from None
    return alpha**0.5, (1 - alpha) ** 0.5


def _prompt(folder: DiffusionFolder, shape: DiffusionShape, prompt: str) -> Tensor:
    """Return the text encoder's last hidden state, on which Stable Diffusion is conditioned."""
    import transformers

    library: Any = transformers  # its types do not say what a keyword makes it return
    try:
        tokenizer = library.CLIPTokenizer.from_pretrained(folder.path / "tokenizer", local_files_only=True)
    except Exception as error:  # as above
        raise _unfit(folder, folder.path / "tokenizer", f"is no tokenizer of CLIP ({_first_line(error)})") from None
    place = folder.path / "text_encoder"
    try:
        encoder, report = library.CLIPTextModel.from_pretrained(
            place,
            use_safetensors=True,
            local_files_only=True,
            variant=folder.variant("text_encoder"),
            output_loading_info=True,
        )
    except Exception as error:  # as above
        raise _unfit(folder, place, f"cannot be loaded as CLIP's text encoder ({_first_line(error)})") from None
    absent = sorted(str(key) for key in report["missing_keys"] if not str(key).endswith(IGNORED))
    if absent:
        raise _unfit(folder, place, f"lacks the weights '{absent[0]}'")
    most = min(int(tokenizer.model_max_length), int(encoder.config.max_position_embeddings))
    tokens = tokenizer([prompt]).input_ids[0]
    if len(tokens) > most:
        raise UserError(
            f"{folder.key('prompt')} has {len(tokens)} tokens, and the text encoder takes {most}: shorten it."
        )
    padded = tokenizer([prompt], padding="max_length", max_length=most, return_tensors="pt").input_ids
    if int(padded.max()) >= encoder.config.vocab_size:
        raise _unfit(folder, place, f"knows {encoder.config.vocab_size} tokens, fewer than the tokenizer")
    embedding: Tensor = encoder.eval().float()(padded)[0]
    if embedding.shape[-1] != shape.prompt_channels:
        raise _unfit(
            folder, place, f"gives {embedding.shape[-1]} channels, and the U-Net takes {shape.prompt_channels}"
        )
    return embedding


def _encoder_alone(vae: Any) -> None:
    del vae.decoder, vae.post_quant_conv


def _no_further(unet: Any, last_up_block: int) -> None:
    unet.up_blocks = unet.up_blocks[: last_up_block + 1]
    del unet.conv_norm_out, unet.conv_act, unet.conv_out


def _network(folder: DiffusionFolder, part: str, config: str, kind: str, shorten: Callable[[Any], None]) -> Any:
    """Make one of diffusers' networks without weights, shorten it, and load the weights that are left."""
    import diffusers

    try:
        with torch.device("meta"):
            network: Any = getattr(diffusers, kind).from_config(folder.config(config))
            known = network.state_dict().keys()
            shorten(network)
    except Exception as error:  # as above
        raise _unfit(folder, folder.path / config, f"describes no {kind} ({_first_line(error)})") from None
    file = folder.weights(part)
    network.load_state_dict(_read_tensors(folder, file, network.state_dict(), known), strict=True, assign=True)
    return network.eval().requires_grad_(False)


def _read_tensors(folder: DiffusionFolder, file: Path, wanted: Mapping[str, Tensor], known: Any) -> dict[str, Tensor]:
    """Read the wanted tensors, in fp32. The file must hold them in their shape, and no unknown ones."""
    try:
        with safe_open(file, framework="pt") as tensors:
            names = {_now(str(name)): str(name) for name in tensors.keys()}  # noqa: SIM118  a file, no mapping
            unknown = sorted(names.keys() - known)
            if unknown:
                raise _unfit(folder, file, f"holds '{unknown[0]}', which its configuration has no place for")
            return {
                name: _fitting(folder, file, name, tensors.get_tensor(names[name]), like)
                for name, like in wanted.items()
            }
    except KeyError as error:
        raise _unfit(folder, file, f"lacks the weights {error}") from None
    except UserError:
        raise
    except Exception as error:  # as above
        raise _unfit(folder, file, f"cannot be read as a safetensors file ({_first_line(error)})") from None


def _fitting(folder: DiffusionFolder, file: Path, name: str, tensor: Tensor, like: Tensor) -> Tensor:
    if tensor.shape != like.shape or not tensor.is_floating_point():
        kind = "numbers" if tensor.is_floating_point() else f"{tensor.dtype}"
        raise _unfit(folder, file, f"has {tuple(tensor.shape)} {kind} for '{name}', not {tuple(like.shape)}")
    return tensor.float()


def _now(name: str) -> str:
    return ATTENTION.sub(lambda match: f"{match[1]}.{ATTENTION_NOW[match[2]]}.{match[3]}", name)


def _first_line(error: Exception) -> str:
    """Return the type and the first line of a library's error, without its full stop."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].rstrip('. ')}" if lines else type(error).__name__


def _unfit(folder: DiffusionFolder, place: Path, what: str) -> UserError:
    return UserError(
        f"{place} ({folder.key('weights')}) {what}: bring the published files back, or name another folder."
    )

"""Latent diffusion models with random weights, in the layout of diffusers, for benchmarks and tests only.

`python -m benchmarks.made_up_weights FOLDER [fp32|fp16|bf16]` writes one of the size of Stable Diffusion 1.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pipeline.teachers.quiet_libraries import quiet_libraries

DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
LETTERS = "abcdefghijklmnopqrstuvwxyz"
START, END = "<|startoftext|>", "<|endoftext|>"
PAIRS = [("p", "l"), ("n", "e</w>"), ("pl", "a"), ("pla", "ne</w>")]  # `plane` is one token, other words are spelt


@dataclass(frozen=True)
class DiffusionSizes:
    """The sizes of a latent diffusion model; `heads` are those of each attention of the U-Net."""

    unet: tuple[int, ...]
    unet_layers: int
    heads: int
    vae: tuple[int, ...]
    vae_layers: int
    groups: int
    text: int
    text_layers: int
    text_heads: int


SD1 = DiffusionSizes((320, 640, 1280, 1280), 2, 8, (128, 256, 512, 512), 2, 32, 768, 12, 12)


def write_sd_sized(folder: Path, dtype: str = "fp16") -> None:
    """Write a model of the size of Stable Diffusion 1, its weights in `fp32` (4.3 GB), `fp16` or `bf16` (half)."""
    write_diffusion(folder, SD1, dtype)


def write_diffusion(folder: Path, sizes: DiffusionSizes, dtype: str = "fp32") -> None:
    """Write a model with weights from diffusers' own initialisation, seeded, saved by its own classes."""
    with quiet_libraries(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        _write_tokenizer(folder / "tokenizer")
        for part, make in (("unet", _unet), ("vae", _vae), ("text_encoder", _text_encoder)):
            make(sizes).to(DTYPES[dtype]).save_pretrained(folder / part, safe_serialization=True)
        _scheduler().save_pretrained(folder / "scheduler")


def _unet(sizes: DiffusionSizes) -> Any:
    import diffusers

    library: Any = diffusers  # it declares few types
    return library.UNet2DConditionModel(
        block_out_channels=sizes.unet,
        layers_per_block=sizes.unet_layers,
        norm_num_groups=sizes.groups,
        attention_head_dim=sizes.heads,  # diffusers' name for the number of heads
        cross_attention_dim=sizes.text,
        sample_size=64,
    )


def _vae(sizes: DiffusionSizes) -> Any:
    import diffusers

    library: Any = diffusers
    levels = len(sizes.vae)
    return library.AutoencoderKL(
        block_out_channels=sizes.vae,
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        layers_per_block=sizes.vae_layers,
        norm_num_groups=sizes.groups,
        latent_channels=4,
        sample_size=512,
    )


def _text_encoder(sizes: DiffusionSizes) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel

    vocabulary = _vocabulary()
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(vocabulary),
            hidden_size=sizes.text,
            intermediate_size=4 * sizes.text,
            num_hidden_layers=sizes.text_layers,
            num_attention_heads=sizes.text_heads,
            max_position_embeddings=77,
            hidden_act="quick_gelu",
            bos_token_id=vocabulary[START],
            eos_token_id=vocabulary[END],
            pad_token_id=vocabulary[END],
        )
    )


def _scheduler() -> Any:
    import diffusers

    library: Any = diffusers
    return library.PNDMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True)


def _vocabulary() -> dict[str, int]:
    merged = [first + second for first, second in PAIRS]
    return {
        token: number for number, token in enumerate([*LETTERS, *(f"{c}</w>" for c in LETTERS), *merged, START, END])
    }


def _write_tokenizer(folder: Path) -> None:
    """Write a tokenizer in the files of Stable Diffusion's; it knows small letters only."""
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps(_vocabulary()))
    merges = "".join(f"{first} {second}\n" for first, second in PAIRS)
    (folder / "merges.txt").write_text(f"#version: 0.2\n{merges}")
    special = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END}
    (folder / "special_tokens_map.json").write_text(json.dumps(special))
    about = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, **special}
    (folder / "tokenizer_config.json").write_text(json.dumps(about))


if __name__ == "__main__":
    write_sd_sized(Path(sys.argv[1]), *sys.argv[2:])

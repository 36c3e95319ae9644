"""Teachers' weights in the caches on this machine. Nothing is downloaded."""

from pathlib import Path

from pipeline.errors import UserError


class MissingWeightsError(UserError):
    """Weights that are not on this machine; the message names the command that downloads them."""


def hub_file(repository: str, file: str) -> Path | None:
    """Find a file of a model repository in the hub's cache. Returns None if it is not there."""
    from huggingface_hub import try_to_load_from_cache

    path = try_to_load_from_cache(repository, file)
    return Path(path) if isinstance(path, str) else None


def torch_hub_file(file: str) -> Path | None:
    """Find a file in torch hub's cache of checkpoints. Returns None if it is not there."""
    import torch

    path = Path(torch.hub.get_dir()) / "checkpoints" / file
    return path if path.is_file() else None

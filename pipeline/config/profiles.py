"""Profiles: whole params.yaml files that one command switches between."""

from importlib.resources import files

import yaml

from pipeline.config.settings import PARAMS_FILE
from pipeline.errors import UserError
from pipeline.stores.atomic_files import write_bytes

NAMES = ("demo", "smoke", "paper")


def profile_text(name: str) -> str:
    """A profile's yaml. Raises UserError if there is none of that name."""
    if name not in NAMES:
        raise UserError(f"profile '{name}' is unknown; the profiles are {', '.join(NAMES)}.")
    return (files("pipeline") / "profiles" / f"{name}.yaml").read_text(encoding="utf-8")


def list_profiles() -> list[str]:
    """A line for each profile, the one in force marked."""
    current = _current()
    lines = []
    for name in NAMES:
        text = profile_text(name)
        purpose = text.splitlines()[0].partition(":")[2].strip()
        lines.append(f"{'*' if yaml.safe_load(text) == current else ' '} {name:6} {purpose}")
    return lines


def use_profile(name: str, force: bool) -> str:
    """Replace params.yaml by a profile and say so.

    Raises UserError if params.yaml differs from every profile, so that edits are not lost, unless `force`.
    """
    text = profile_text(name)
    edited = PARAMS_FILE.exists() and all(yaml.safe_load(profile_text(known)) != _current() for known in NAMES)
    if edited and not force:
        raise UserError(
            f"{PARAMS_FILE} holds edits of your own: keep a copy under another name, then repeat with --force."
        )
    write_bytes(PARAMS_FILE, text.encode())
    return f"{PARAMS_FILE} is now the profile {name}; `dvc repro` runs it."


def _current() -> object:
    try:
        return yaml.safe_load(PARAMS_FILE.read_text(encoding="utf-8"))
    except (FileNotFoundError, yaml.YAMLError):
        return None

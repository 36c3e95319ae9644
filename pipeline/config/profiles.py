"""Profiles: settings with a name, each a short file of what differs from the defaults."""

from importlib.resources import files
from typing import Any

import yaml

from pipeline.config.settings import PARAMS_FILE, Settings, load_settings, parse_settings
from pipeline.config.yaml_file import load_yaml
from pipeline.errors import UserError
from pipeline.stores.atomic_files import write_bytes

NAMES = ("demo", "smoke", "paper", "released", "defaults")


class _Dumper(yaml.SafeDumper):
    """Sections as blocks, lists on one line."""


_Dumper.add_representer(list, lambda dumper, data: dumper.represent_sequence("tag:yaml.org,2002:seq", data, True))


def profile_file(name: str) -> str:
    """The file of a profile: what differs from the defaults. Raises UserError if there is none of that name."""
    if name not in NAMES:
        raise UserError(f"profile '{name}' is unknown; the profiles are {', '.join(NAMES)}.")
    return (files("pipeline") / "profiles" / f"{name}.yaml").read_text(encoding="utf-8")


def profile_settings(name: str) -> Settings:
    """The settings of a profile. Raises UserError if there is none of that name."""
    return parse_settings(load_yaml(profile_file(name)), name)


def profile_text(name: str) -> str:
    """The yaml of a profile with every key. Raises UserError if there is none of that name."""
    return expanded(profile_settings(name))


def expanded(settings: Settings) -> str:
    """Settings as yaml with every key."""
    return settings_text(settings.model_dump(mode="json", by_alias=True))


def settings_text(tree: dict[str, Any]) -> str:
    """A mapping of settings as yaml, sections as blocks and lists on one line."""
    text: str = yaml.dump(tree, Dumper=_Dumper, sort_keys=False, width=120)
    return text


def list_profiles() -> list[str]:
    """A line for each profile, the one in force marked."""
    current = _current()
    lines = []
    for name in NAMES:
        purpose = profile_file(name).splitlines()[0].partition(":")[2].strip()
        lines.append(f"{'*' if profile_settings(name) == current else ' '} {name:8} {purpose}")
    return lines


def use_profile(name: str, force: bool) -> str:
    """Replace params.yaml by a profile and say so.

    Raises UserError if the settings of params.yaml are those of no profile, so that edits are not lost, unless `force`.
    """
    text = profile_file(name)
    current = _current()
    if PARAMS_FILE.exists() and not force and all(profile_settings(known) != current for known in NAMES):
        raise UserError(
            f"{PARAMS_FILE} holds edits of your own: keep a copy under another name, then repeat with --force."
        )
    write_bytes(PARAMS_FILE, text.encode())
    return f"{PARAMS_FILE} is now the profile {name}; `dvc repro` runs it."


def _current() -> Settings | None:
    """The settings in force; None if params.yaml is absent or wrong."""
    try:
        return load_settings(PARAMS_FILE)
    except UserError:
        return None

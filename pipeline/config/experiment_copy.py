"""The copy of the project in which `dvc exp run --temp` and `dvc exp run --queue` work.

DVC copies to `.dvc/tmp/exps` what git knows. Stores and raw data stay behind, and the copy is removed at the end.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import get_args, get_type_hints

from pipeline.config.setting_types import Section, SettingPath


def link_to_project(settings: Section, root: str) -> None:
    """Link each relative path of the settings that is missing in such a copy to the project's. Do nothing elsewhere.

    `root` is storage.root, which is made in the project if it is not there.
    """
    here = Path.cwd()
    copies = next((folder for folder in here.parents if folder.parts[-3:] == (".dvc", "tmp", "exps")), None)
    if copies is None:
        return
    project = copies.parents[2]
    (project / root).mkdir(parents=True, exist_ok=True)
    for path in map(Path, _paths(settings)):
        if (project / path).exists() and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):  # a command beside this one was first
                path.symlink_to(project / path)


def _paths(section: Section) -> Iterator[str]:
    for name, hint in get_type_hints(type(section), include_extras=True).items():
        value = getattr(section, name, None)
        if value is not None and SettingPath in (hint, *get_args(hint)):
            yield value
        for inner in value.values() if isinstance(value, dict) else [value]:
            if isinstance(inner, Section):
                yield from _paths(inner)

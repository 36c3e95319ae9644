"""docs/settings.md: the prose of settings_page.md, and between it tables that are made from the classes."""

import inspect
import json
import sys
from collections.abc import Iterator, Sequence
from importlib.resources import files

from pipeline.config.networks import BUILT_IN
from pipeline.config.profiles import profile_settings
from pipeline.config.sections.teachers import KINDS
from pipeline.config.setting_types import Section


def document() -> str:
    """docs/settings.md: the keys of each section with default, paper's value and meaning."""
    page = (files("pipeline.config") / "settings_page.md").read_text(encoding="utf-8")
    intro, networks, outro = page.split("<!-- tables -->\n")
    default, paper = profile_settings("defaults"), profile_settings("paper")
    return "\n".join([intro.removesuffix("\n"), *_sections("", default, paper, networks.removeprefix("\n")), outro[1:]])


def _sections(key: str, default: Section, paper: Section, networks: str) -> Iterator[str]:
    """A section's heading, notes and table, then the sections inside it."""
    rows, inner = [], []
    for field, info in type(default).model_fields.items():
        name, value, other = info.alias or field, getattr(default, field), getattr(paper, field)
        if name == "networks":
            inner.append(_networks(networks))
        elif isinstance(value, Section):
            inner.append(_sections(f"{key}.{name}".lstrip("."), value, other, networks))
        else:
            rows.append([f"`{name}`", _cell(value), _cell(other) if other != value else "", str(info.description)])
    table = _table(["key", "default", "paper", "what"], rows)
    yield f"## {key or 'categories, teachers, fields'}\n\n{inspect.getdoc(default)}\n\n{table}"
    for sections in inner:
        yield from sections


def _networks(prose: str) -> Iterator[str]:
    """The section `networks`: the built-in ones by what differs from their kind's defaults, then the kinds' keys."""
    rows = []
    for name, network in BUILT_IN.items():
        keys = network.model_dump(exclude_defaults=True, exclude={"sha256"})
        differs = ", ".join(f"{key}: {_cell(value)}" for key, value in keys.items())
        rows.append([f"`{name}`", f"`{network.kind}`", differs])
    yield prose + _table(["name", "kind", "what differs from the kind's defaults"], rows)
    for kind in KINDS:
        keys_of = {key: info for key, info in kind.model_fields.items() if key != "kind"}
        rows = [
            [f"`{key}`", "" if info.is_required() else _cell(info.default), str(info.description)]
            for key, info in keys_of.items()
        ]
        table = _table(["key", "default", "what"], rows)
        yield f"### kind: {kind.model_fields['kind'].default}\n\n{inspect.getdoc(kind)}\n\n{table}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in (heads, ["---"] * len(heads), *rows))


def _cell(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value).replace('"', "")
    return f"`{text}`"


if __name__ == "__main__":
    sys.stdout.write(document())

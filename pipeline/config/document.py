"""docs/settings.md, made from the classes: `python -m pipeline.config.document > docs/settings.md`."""

import inspect
import json
import sys
from collections.abc import Iterator

from pipeline.config.networks import BUILT_IN
from pipeline.config.profiles import profile_settings
from pipeline.config.sections.teachers import KINDS
from pipeline.config.setting_types import Section

INTRO = """\
# Settings

<!-- Edit the classes in pipeline/config/, then run `python -m pipeline.config.document > docs/settings.md`. -->

Everything that a run depends on is a setting. `params.yaml` holds those that differ from the defaults below. The
profile `defaults` has no other values. An unknown key is an error that names the nearest known one.

| you want | command |
| --- | --- |
| all settings in force | `pipeline profile --expand` |
| the list of profiles | `pipeline profile` |
| another profile as `params.yaml` | `pipeline profile paper` (or released, smoke, demo, defaults) |
| all settings of a profile | `pipeline profile paper --expand` |
| another file, for one command | `--params FILE` |
| another value, for one command | `--set train.steps=50`; give it to every later stage too |
| another value, for one DVC experiment | `dvc exp run -S ++train.steps=50`; it edits `params.yaml` |

Lengths are in world units: the longest edge of an object's bounding box has `manifest.longest_edge` of them. In every
path `~` is your home folder; variables such as `$HOME` are refused. A relative path begins in the project's folder,
also in the copies that `dvc exp run --temp` and `--queue` make. The column "paper" shows the
values of that profile where they differ.
"""
NETWORKS = """\
## networks

What each teacher is, by name. An entry changes a built-in network or adds one, and `teachers` names those that run:

```yaml
teachers: [lite0, siglip]
networks:
  dino: {block: 11}
  siglip: {kind: timm-vit, model: vit_base_patch16_siglip_224.webli}
```

On the command line: `--set networks.dino.block=11`. A name has small letters, digits and `_`.
[teachers.md](teachers.md) says more.

"""
OUTRO = """
## What makes a new store

A fingerprint is made of every setting, input and weight that changes a store's content. The number of the stage's
recipe in `pipeline/config/recipes.yaml` is in it too. Versions of tools are not: the store's `about.json` records
them.

`dvc repro` first writes every setting to `settings.yaml`, and its stages depend on the values there. So a changed
default counts like a changed line in `params.yaml`. Edit `params.yaml`, never `settings.yaml`.

## What DVC cannot see

New, changed and deleted meshes are seen by the stage `survey`. DVC does not look into these files. If they change, run:

| what changed | command |
| --- | --- |
| released split files, PartNet folders | `pipeline manifest` |
| a teacher's weights | `dvc repro -f -s fit-projection@CATEGORY-TEACHER` |
| maps of `evaluate.other_teachers` | `dvc repro -f -s evaluate@CATEGORY-TEACHER` |
| weights of the encoder (`train.encoder_weights`) | `pipeline train` |

Their checksums are compared from there on, and `dvc repro` follows.
"""


def document() -> str:
    """docs/settings.md: the keys of each section with default, paper's value and meaning."""
    sections = _sections("categories, teachers, fields", profile_settings("defaults"), profile_settings("paper"))
    return "\n".join([INTRO, *sections]) + OUTRO


def _sections(title: str, default: Section, paper: Section, above: str = "") -> Iterator[str]:
    """A section's heading, notes and table, then the sections inside it."""
    rows, inner = ["| key | default | paper | what |", "| --- | --- | --- | --- |"], []
    for field, info in type(default).model_fields.items():
        key, value, other = info.alias or field, getattr(default, field), getattr(paper, field)
        if key == "networks":
            inner.append(_networks())
        elif isinstance(value, Section):
            inner.append(_sections(above + key, value, other, f"{above}{key}."))
        else:
            rows.append(f"| `{key}` | {_cell(value)} | {_cell(other) if other != value else ''} | {info.description} |")
    yield f"## {title}\n\n{inspect.getdoc(default)}\n\n" + "\n".join(rows) + "\n"
    for sections in inner:
        yield from sections


def _networks() -> Iterator[str]:
    """The section `networks`: the built-in ones by what differs from their kind's defaults, then the kinds' keys."""
    rows = ["| name | kind | what differs from the kind's defaults |", "| --- | --- | --- |"]
    for name, network in BUILT_IN.items():
        keys = {key: value for key, value in network.model_dump(exclude_defaults=True).items() if key != "sha256"}
        rows.append(
            f"| `{name}` | `{network.kind}` | {', '.join(f'{key}: {_cell(value)}' for key, value in keys.items())} |"
        )
    yield NETWORKS + "\n".join(rows) + "\n"
    for kind in KINDS:
        table = ["| key | default | what |", "| --- | --- | --- |"]
        for key, info in kind.model_fields.items():
            if key != "kind":
                default = "" if info.is_required() else _cell(info.default)
                table.append(f"| `{key}` | {default} | {info.description} |")
        yield f"### kind: {kind.model_fields['kind'].default}\n\n{inspect.getdoc(kind)}\n\n" + "\n".join(table) + "\n"


def _cell(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value).replace('"', "")
    return f"`{text}`"


if __name__ == "__main__":
    sys.stdout.write(document())

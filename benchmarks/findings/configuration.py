"""A configuration of the benchmark: fields to train, most wanted first, and the settings of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from pipeline.config.field_name import FieldName
from pipeline.config.profiles import profile_text
from pipeline.config.settings import Settings, parse_settings
from pipeline.stores.atomic_files import FINGERPRINT_CHARACTERS, digest_of


@dataclass(frozen=True)
class SeededField:
    """A field and the seed of its training."""

    field: FieldName
    seed: int

    @property
    def name(self) -> str:
        """The name of its files: `plane-lite0-whole-0`."""
        return f"{self.field.instance}-{self.seed}"


@dataclass(frozen=True)
class Configuration:
    """Fields in the order of their training, teachers whose maps are compared too, and settings."""

    fields: Sequence[SeededField]
    other_teachers: Sequence[str]
    settings: Settings

    @property
    def studied(self) -> list[tuple[str, str]]:
        """The categories and teachers of the fields, without repetition."""
        return list(dict.fromkeys((seeded.field.category, seeded.field.teacher) for seeded in self.fields))

    def seeded(self, seed: int) -> Settings:
        """Return the settings with this seed of training."""
        return self.settings.model_copy(update={"train": self.settings.train.model_copy(update={"seed": seed})})

    @property
    def digest(self) -> str:
        """Name everything that changes a result; more fields change none."""
        settings = self.settings.model_dump(mode="json", exclude={"machine", "categories", "teachers", "fields"})
        return digest_of([settings, list(self.other_teachers)])[:FINGERPRINT_CHARACTERS]


def read_configuration(path: Path, workers: int = 2) -> Configuration:
    """Read a committed configuration; the number of processes that fill stores changes no result.

    Each entry of `fields` stands for all combinations of its categories, variants and seeds, seed by seed.
    """
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    fields = [
        SeededField(FieldName(category, entry["teacher"], variant), seed)
        for entry in given["fields"]
        for seed in entry["seeds"]
        for variant in entry["variants"]
        for category in entry["categories"]
    ]
    tree = yaml.safe_load(profile_text(given["profile"]))
    for name, value in given["settings"].items():
        section, key = name.split(".")
        tree[section][key] = value
    tree["machine"]["workers"] = workers
    tree["categories"] = list(dict.fromkeys(seeded.field.category for seeded in fields))
    tree["teachers"] = list(dict.fromkeys(seeded.field.teacher for seeded in fields))
    return Configuration(fields, given["other_teachers"], parse_settings(tree, str(path)))

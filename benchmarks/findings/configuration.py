"""A configuration of the benchmark: fields to train, most wanted first, and the settings of all of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.findings.asked import Asked
from pipeline.config.field_name import FieldName
from pipeline.config.profiles import profile_text
from pipeline.config.settings import Settings, Train, parse_settings
from pipeline.stores.atomic_files import FINGERPRINT_CHARACTERS, digest_of


@dataclass(frozen=True)
class SeededField:
    """A field, the seed of its training, and settings of training that are its own: `{"training_objects": 25}`.

    It is `asked` in each of these ways, first by one image with its true pose.
    """

    field: FieldName
    seed: int
    train: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    asked: Sequence[Asked] = (Asked(),)

    @property
    def name(self) -> str:
        """The name of its files: `plane-lite0-whole-0`, or `plane-lite0-whole-0-training_objects-25`."""
        words = [self.field.instance, str(self.seed)]
        for key, value in self.train.items():
            words += [key, *(map(str, value) if isinstance(value, list) else [str(value)])]
        return "-".join(words)

    @property
    def names(self) -> list[str]:
        """The names of its files for each way to ask."""
        return [f"{self.name}{asked.suffix}" for asked in self.asked]


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

    def settings_of(self, seeded: SeededField) -> Settings:
        """Return the settings with a field's own settings of training, and the stores' root as an absolute path."""
        settings = self.settings
        own = {**settings.train.model_dump(), "seed": seeded.seed, **seeded.train}
        storage = settings.storage.model_copy(update={"root": str(Path(settings.storage.root).resolve())})
        return settings.model_copy(update={"train": Train.model_validate(own), "storage": storage})

    @property
    def digest(self) -> str:
        """Name everything that changes a result by more than rounding; more fields change none."""
        no_result = {"machine": True, "categories": True, "teachers": True, "fields": True}
        settings = self.settings.model_dump(mode="json", exclude={**no_result, "evaluate": {"rays_per_batch"}})
        return digest_of([settings, list(self.other_teachers)])[:FINGERPRINT_CHARACTERS]


def read_configuration(path: Path, workers: int = 2) -> Configuration:
    """Read a committed configuration; the number of processes that fill stores changes no result.

    Each entry of `fields` stands for all combinations of its categories, variants and seeds, seed by seed. It may have
    settings of `train` of its own, and ways in which its fields are `asked`.
    """
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    fields = [
        SeededField(
            FieldName(category, entry["teacher"], variant),
            seed,
            entry.get("train", {}),
            (Asked(), *(Asked(**asked) for asked in entry.get("asked", ()))),
        )
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

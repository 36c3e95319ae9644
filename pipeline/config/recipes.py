"""The recipe number of each stage that keeps its results in a folder named by fingerprint."""

from importlib.resources import files

import yaml


def recipe_of(stage: str) -> int:
    """The number in recipes.yaml."""
    return int(yaml.safe_load((files("pipeline.config") / "recipes.yaml").read_text(encoding="utf-8"))[stage])

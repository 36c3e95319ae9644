"""The recipe number of each stage that keeps its results in a folder named by fingerprint."""

from importlib.resources import files

from pipeline.config.yaml_file import load_yaml


def recipe_of(stage: str) -> int:
    """The number in recipes.yaml."""
    return int(load_yaml((files("pipeline.config") / "recipes.yaml").read_text(encoding="utf-8"))[stage])

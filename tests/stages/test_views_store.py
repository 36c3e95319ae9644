"""Which settings and recipes a view store stands for."""

from pathlib import Path

import pytest

from pipeline.artifacts.project import Project
from pipeline.config.recipes import recipe_of
from pipeline.config.settings import load_settings

BACKENDS = ("raycast", "pyrender", "blender")


def fingerprints(samples: int = 16) -> dict[str, str]:
    found = {}
    for backend in BACKENDS:
        chosen = (f"render.backend={backend}", f"render.blender.samples={samples}")
        settings = load_settings(Path(__file__).parents[2] / "params.yaml", chosen)
        found[backend] = Project(settings).views_store("plane").fingerprint
    return found


def changed(before: dict[str, str], now: dict[str, str]) -> set[str]:
    return {backend for backend in BACKENDS if before[backend] != now[backend]}


def test_blenders_settings_and_recipe_count_for_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprints()
    assert len(set(before.values())) == 3
    assert changed(before, fingerprints(samples=64)) == {"blender"}
    for raised, backends in (("render", set(BACKENDS)), ("blender", {"blender"})):
        with monkeypatch.context() as patch:
            patch.setattr(
                "pipeline.artifacts.views.recipe_of",
                lambda name, raised=raised: 7 if name == raised else recipe_of(name),
            )
            assert changed(before, fingerprints()) == backends, raised

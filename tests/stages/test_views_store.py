"""Which settings and recipes a view store stands for."""

import pytest

from pipeline.artifacts.project import Project
from pipeline.config.recipes import recipe_of
from pipeline.config.settings import load_settings


def fingerprint(backend: str, samples: int = 16) -> str:
    settings = load_settings(overrides=(f"render.backend={backend}", f"render.blender.samples={samples}"))
    return Project(settings).views_store("plane").fingerprint


def test_blenders_settings_count_for_it_alone() -> None:
    assert fingerprint("blender", 16) != fingerprint("blender", 64)
    assert fingerprint("pyrender", 16) == fingerprint("pyrender", 64)
    assert len({fingerprint(backend) for backend in ("raycast", "pyrender", "blender")}) == 3


@pytest.mark.parametrize(
    ("raised", "backends"), [("render", {"raycast", "pyrender", "blender"}), ("blender", {"blender"})]
)
def test_a_raised_recipe_starts_new_stores(monkeypatch: pytest.MonkeyPatch, raised: str, backends: set[str]) -> None:
    before = {backend: fingerprint(backend) for backend in ("raycast", "pyrender", "blender")}
    monkeypatch.setattr("pipeline.artifacts.views.recipe_of", lambda name: 7 if name == raised else recipe_of(name))
    assert {backend for backend, old in before.items() if fingerprint(backend) != old} == backends

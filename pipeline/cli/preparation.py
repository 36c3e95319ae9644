"""Checks and warnings of a stage's command before the work."""

from __future__ import annotations

from pathlib import Path

from pipeline.cli.options import Selection
from pipeline.progress import say


def prepare(selection: Selection, *folders: str, sees: bool = True) -> None:
    """Check that results can be written to these folders; if the stage sees objects, that rays are sampled there."""
    from pipeline.stores.writable import require_writable

    settings = selection.settings
    require_writable(*map(Path, folders))
    if sees and settings.source.kind != "renders":
        doubt = settings.camera.doubt(settings.manifest.longest_edge)
        if doubt is not None:
            say(f"warning: {doubt}.")


def doubt_given_views(selection: Selection) -> None:
    """Say which views that were made elsewhere cannot be learned from with near and far of these settings."""
    from pipeline.artifacts.doubtful_views import doubtful_views

    camera = selection.settings.camera
    for category in selection.settings.categories:
        facts = [marker.facts for marker in selection.project.views(category).markers()]
        for sentence in doubtful_views(facts, camera.near, camera.far):
            say(f"warning: {category}: {sentence}.")

"""The model card, README.md beside a trained model: what a field is, how it was made, how good it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from eval.distillation.distillation_summary import KIND_TITLES, Distillation
from eval.distillation.verdict import distillation_verdict, interval_text
from pipeline.artifacts.project import Project
from pipeline.artifacts.projections import read_fit_record
from pipeline.artifacts.stored_views import StoredViews
from pipeline.config.field_name import FieldName
from pipeline.config.settings import Train

SOURCES: Mapping[str, str] = {
    "made-up": "made up by this project's generator",
    "shapenet-v1": "ShapeNetCore v1",
    "shapenet-v2": "ShapeNetCore v2",
    "folder": "a folder of meshes",
    "renders": "views made elsewhere",
}
# What decides most on a field's quality and size; model.json holds all settings.
TOLD = (
    "steps", "objects_per_step", "rays_per_object", "source_views", "coarse_samples", "importance_samples",
    "depth_samples", "width", "blocks", "encoder", "encoder_weights", "precision", "learning_rate",
    "learning_rate_schedule", "feature_weight", "coordinate_weight", "seed",
)  # fmt: skip
Facts: TypeAlias = Sequence[tuple[str, str]]
SCORES = """\
R^2 is the share of the teacher's variance that a feature explains, over the cells of the teacher's maps that \
show an object. No constant has more than 0. In brackets: 95% intervals, objects resampled. Each object is \
seen from one view; the feature is rendered in another."""
PYTHON = """\
```python
import featurenerf
field = featurenerf.load_field("models/{field}")
seen = field.see(featurenerf.prepare_photo("photo.png"), azimuth=30, elevation=20)
```"""


def field_card(project: Project, field: FieldName, stored: StoredViews, run: str, distillation: Distillation) -> str:
    """Write the card of a field that was trained on its whole train split; `run` is its run's fingerprint.

    `distillation` was measured at the end of training. Raises UserError if the projection is not there.
    """
    settings, train = project.settings, project.train_section(field, stored)
    recipe = project.projection(stored.manifest, stored.teacher, stored.views).teacher
    fit, size = read_fit_record(stored.instance), settings.camera.size
    facts = {
        "Data": (
            ("objects", SOURCES[settings.source.kind]),
            ("training objects", f"{len(stored.keys('train'))}"),
            ("validation objects", f"{len(stored.keys('val'))}"),
            ("views of each object", f"{settings.camera.views}"),
            ("held-out views of each training object", f"{train.held_out_views}"),
            ("image", f"{size} x {size} pixels"),
        ),
        "Teacher": (
            ("name", stored.teacher),
            *((name, f"{value}") for name, value in recipe.items()),
            ("channels", f"{fit.raw_channels} -> {fit.channels}"),
            ("variance that the projection keeps", f"{fit.explained_variance:.1%}"),
        ),
        "Training": training_facts(train, run),
    }
    return card_markdown(field.instance, field.category, facts, distillation, settings.network(field.teacher).licence)


def training_facts(train: Train, fingerprint: str) -> Facts:
    """List the settings that matter most, and the run."""
    values = train.model_dump(mode="json")
    told = ((f"train.{name}", "null" if values[name] is None else f"{values[name]}") for name in TOLD)
    return (*told, ("run", fingerprint))


def card_markdown(
    field: str, category: str, facts: Mapping[str, Facts], distillation: Distillation, teacher_licence: str
) -> str:
    """Lay out a card in Markdown. Equal cards give equal text.

    `facts` stand by the title of their part. `distillation` is empty for a field without feature loss.
    `teacher_licence` is the licence of the teacher's weights, in words that end without a full stop.
    """
    verdict = distillation_verdict(distillation)
    blocks = [
        f"# {field}",
        (
            f"A FeatureNeRF field of the category {category}. From one image of an object with its camera it predicts "
            "density, colour and features at every 3D point."
        ),
    ]
    if verdict is not None:
        blocks.append(f"**Warning.** {verdict.text}" if verdict.is_warning else verdict.text)
    for title, rows in facts.items():
        blocks += [f"## {title}", _table(("", ""), rows)]
    if verdict is not None:
        heads = ("feature", "measured on", "R^2", "mean cosine", "objects", "views", "cells")
        blocks += ["## Distillation", SCORES, _table(heads, _scores(distillation))]
    licence = f"The field and the code: Apache-2.0. The teacher's weights: {teacher_licence}."
    blocks += ["## Licence", licence, "## Load it", PYTHON.format(field=field)]
    return "\n\n".join(blocks) + "\n"


def _scores(distillation: Distillation) -> Iterable[Sequence[str]]:
    for kind, summary in distillation.items():
        measured = (str(summary.objects), str(summary.views), str(summary.cells))
        for name, scores in (("distilled", summary.field), ("constant mean", summary.constant)):
            texts = (interval_text(value, summary.has_interval) for value in (scores.r2, scores.cosine))
            yield name, KIND_TITLES[kind], *texts, *measured


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)

"""The model card of a trained field, from the settings and from what earlier stages recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eval.distillation.distillation_summary import Distillation
from eval.model_card.model_card import Facts, ModelCard
from pipeline.artifacts.project import Project
from pipeline.artifacts.projections import FitRecord, read_fit_record
from pipeline.artifacts.stored_views import StoredViews
from pipeline.config.field_name import FieldName
from pipeline.config.settings import Camera, Source, Train
from pipeline.datasets.records import ObjectKey

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


def field_card(
    project: Project,
    field: FieldName,
    stored: StoredViews,
    run: str,
    distillation: Distillation,
) -> ModelCard:
    """Collect the card of a field that was trained on its whole train split; `run` is its run's fingerprint.

    `distillation` was measured at the end of training. Raises UserError if the projection is not there.
    """
    settings, train = project.settings, project.train_section(field, stored)
    recipe = project.projection(stored.manifest, stored.teacher, stored.views).teacher
    return ModelCard(
        field=field.instance,
        category=field.category,
        data=data_facts(settings.source, settings.camera, train, stored.keys("train"), stored.keys("val")),
        teacher=teacher_facts(stored.teacher, recipe, read_fit_record(stored.instance)),
        training=training_facts(train, run),
        distillation=distillation,
        teacher_licence=settings.network(field.teacher).licence,
    )


def data_facts(
    source: Source, camera: Camera, train: Train, training: Sequence[ObjectKey], unseen: Sequence[ObjectKey]
) -> Facts:
    """List what the field was trained on, and what was kept from it."""
    return (
        ("objects", SOURCES[source.kind]),
        ("training objects", str(len(training))),
        ("validation objects", str(len(unseen))),
        ("views of each object", str(camera.views)),
        ("held-out views of each training object", str(train.held_out_views)),
        ("image", f"{camera.size} x {camera.size} pixels"),
    )


def teacher_facts(teacher: str, recipe: Mapping[str, Any], fit: FitRecord) -> Facts:
    """List the teacher's name, the settings that its projection was fitted with, and the projection itself."""
    return (
        ("name", teacher),
        *((name, f"{value}") for name, value in recipe.items()),
        ("channels", f"{fit.raw_channels} -> {fit.channels}"),
        ("variance that the projection keeps", f"{fit.explained_variance:.1%}"),
    )


def training_facts(train: Train, fingerprint: str) -> Facts:
    """List the settings that matter most, and the run."""
    values = train.model_dump(mode="json")
    told = ((f"train.{name}", "null" if values[name] is None else f"{values[name]}") for name in TOLD)
    return (*told, ("run", fingerprint))

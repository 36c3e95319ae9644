"""The artifacts that one set of settings stands for: the one place where settings become stores and runs."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.artifacts.labels import labels_store
from pipeline.artifacts.layouts import maps_layout
from pipeline.artifacts.opened_store import OpenedStore, open_store
from pipeline.artifacts.projections import (
    NOT_CONTENT,
    FittedProjection,
    ProjectionInputs,
    open_projection,
    projection_sample,
)
from pipeline.artifacts.runs import RunRecord, require_run, run_fingerprint
from pipeline.artifacts.stored_views import StoredViews
from pipeline.artifacts.views import views_store
from pipeline.config.field_name import FieldName
from pipeline.config.recipes import recipe_of
from pipeline.config.settings import Settings, Train
from pipeline.manifests.manifest import Manifest, made_with, read_manifest
from pipeline.manifests.sources import Roots, open_roots
from pipeline.stores.atomic_files import digest_of
from pipeline.stores.store import Store


@dataclass(frozen=True)
class Project:
    """Opens what earlier stages left. Every method raises UserError with the command to run if something is missing.

    `*_store` methods return a store that need not exist yet, for the stage that fills it.
    """

    settings: Settings

    @property
    def root(self) -> Path:
        """storage.root."""
        return Path(self.settings.storage.root)

    def roots(self) -> Roots:
        """Open the folders of meshes and annotations."""
        return open_roots(self.root, self.settings.source, self.settings.synthesize)

    def manifest(self, category: str) -> Manifest:
        """Read a category's manifest, if it was made with these settings."""
        settings = self.settings
        expected = made_with(
            settings.source,
            settings.synthesize,
            settings.manifest,
            settings.camera.views,
            settings.category(category).synset,
        )
        return read_manifest(category, expected)

    def views_store(self, category: str) -> Store:
        """Return the view store of a category."""
        return views_store(self.root, category, self.settings.source, self.settings.camera, self.settings.render)

    def views(self, category: str) -> OpenedStore:
        """Open the rendered views of a category."""
        return open_store(self.views_store(category), "render", category)

    def labels_store(self, manifest: Manifest) -> Store:
        """Return the label store of a category."""
        views = self.views_store(manifest.category)
        return labels_store(self.root, manifest, views, self.settings.camera, self.settings.label)

    def labels(self, manifest: Manifest) -> OpenedStore:
        """Open the labels of a category."""
        return open_store(self.labels_store(manifest), "label", manifest.category)

    def projection_inputs(self, manifest: Manifest, teacher: str, views: OpenedStore) -> ProjectionInputs:
        """Collect what decides on a teacher's projection of a category. Raises UserError without train views.

        The path of weights and their checksum are left out: their content is part of the teacher's recipe.
        """
        section, cache = self.settings.fit_projection, self.settings.cache_teachers
        sample = projection_sample(manifest, views, section)
        network = self.settings.network(teacher).model_dump(mode="json", exclude=NOT_CONTENT)
        about = {
            "recipe": recipe_of("fit-projection"),
            "views": views.store.fingerprint,
            "settings": [network, manifest.category, cache.precision],
            "foreground": self._foreground_rule,
            "input": cache.input,
            **section.model_dump(include={"channels", "cells", "seed"}),
            "sample": digest_of([[stored.content, view] for stored, view in sample]),
        }
        place = self.root / "projections" / teacher / manifest.category
        return ProjectionInputs(place, f"{manifest.category}-{teacher}", about, tuple(sample))

    @property
    def _foreground_rule(self) -> str:
        """The rule that tells foreground cells from background, as it stands in fingerprints."""
        cells, origin = self.settings.cache_teachers.foreground, self.settings.foreground_from
        return cells if origin == "depth" else f"{cells}, from {origin}"

    def projection(self, manifest: Manifest, teacher: str, views: OpenedStore) -> FittedProjection:
        """Open a teacher's fitted projection of a category. Needs no weights."""
        return open_projection(self.projection_inputs(manifest, teacher, views))

    def maps_store(self, category: str, teacher: str, fitted: FittedProjection) -> Store:
        """Return the map store of a category and teacher.

        The bytes of the projection are part of its fingerprint: maps in another basis or of another scale are other
        maps.
        """
        views, cache = self.views_store(category), self.settings.cache_teachers
        recipe = {
            "recipe": recipe_of("cache-teachers"),
            "views": views.fingerprint,
            "projection": [fitted.fingerprint, fitted.content],
            "foreground": self._foreground_rule,
            "input": cache.input,
        }
        attributes = {
            "kind": "maps",
            "description": "Feature maps of a teacher for each view.",
            "teacher": teacher,
            "views": views.fingerprint,
            "channels": str(fitted.projection.channels),
            "projection": fitted.fingerprint,
        }
        layout = maps_layout(self.settings.camera, fitted.projection.channels, cache.dtype)
        return Store(self.root / "maps", teacher, category, recipe, layout, attributes)

    def stored_views(self, category: str, teacher: str) -> StoredViews:
        """Open the views and teacher maps of a category."""
        manifest, views = self.manifest(category), self.views(category)
        store = self.maps_store(category, teacher, self.projection(manifest, teacher, views))
        maps = open_store(store, "cache-teachers", f"{category}-{teacher}")
        return StoredViews(manifest, teacher, views, maps, self.settings.train.training_objects)

    def train_section(self, field: FieldName, stored: StoredViews) -> Train:
        """Return the training settings of a field, with the steps that its train split makes of `train.epochs`."""
        return field.change(self.settings.train).resolved(len(stored.keys("train")))

    def run_fingerprint(self, field: FieldName, stored: StoredViews) -> str:
        """Return the fingerprint of the run that trains a field on its whole train split."""
        return run_fingerprint(self.train_section(field, stored), self.settings.camera, stored)

    def require_run(self, field: FieldName, stored: StoredViews) -> RunRecord:
        """Read the record of a field's published model, if it was trained with these settings and data."""
        return require_run(field.instance, self.run_fingerprint(field, stored))

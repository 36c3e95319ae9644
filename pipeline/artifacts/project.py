"""The artifacts that one set of settings stands for: the one place where settings become stores and runs."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.artifacts.foreground import foreground_rule
from pipeline.artifacts.labels import labels_store
from pipeline.artifacts.maps import maps_store
from pipeline.artifacts.opened_store import OpenedStore, open_store
from pipeline.artifacts.projections import FittedProjection, ProjectionInputs, open_projection, projection_inputs
from pipeline.artifacts.runs import RunRecord, require_run, run_fingerprint
from pipeline.artifacts.stored_views import StoredViews
from pipeline.artifacts.views import views_store
from pipeline.config.field_name import FieldName
from pipeline.config.settings import Settings, Train
from pipeline.manifests.manifest import Manifest, made_with, read_manifest
from pipeline.manifests.sources import Roots, open_roots
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
        """Collect what decides on a teacher's projection of a category."""
        return projection_inputs(
            self.root,
            manifest,
            teacher,
            self.settings.network(teacher),
            views,
            self.settings.fit_projection,
            self._foreground_rule,
            self.settings.cache_teachers,
        )

    @property
    def _foreground_rule(self) -> str:
        return foreground_rule(self.settings.cache_teachers.foreground, self.settings.foreground_from)

    def projection(self, manifest: Manifest, teacher: str, views: OpenedStore) -> FittedProjection:
        """Open a teacher's fitted projection of a category. Needs no weights."""
        return open_projection(self.projection_inputs(manifest, teacher, views))

    def maps_store(self, category: str, teacher: str, fitted: FittedProjection) -> Store:
        """Return the map store of a category and teacher."""
        settings, views = self.settings, self.views_store(category)
        rule, cache = self._foreground_rule, settings.cache_teachers
        return maps_store(self.root, category, teacher, views, fitted, settings.camera, rule, cache)

    def stored_views(self, category: str, teacher: str) -> StoredViews:
        """Open the views and teacher maps of a category."""
        manifest, views = self.manifest(category), self.views(category)
        store = self.maps_store(category, teacher, self.projection(manifest, teacher, views))
        maps = open_store(store, "cache-teachers", f"{category}-{teacher}")
        return StoredViews(manifest, teacher, views, maps)

    def train_section(self, field: FieldName, stored: StoredViews) -> Train:
        """Return the training settings of a field, with the steps that its train split makes of `train.epochs`."""
        return field.change(self.settings.train).resolved(len(stored.keys("train")))

    def run_fingerprint(self, field: FieldName, stored: StoredViews) -> str:
        """Return the fingerprint of the run that trains a field on its whole train split."""
        return run_fingerprint(self.train_section(field, stored), self.settings.camera, stored)

    def require_run(self, field: FieldName, stored: StoredViews) -> RunRecord:
        """Read the record of a field's published model, if it was trained with these settings and data."""
        return require_run(field.instance, self.run_fingerprint(field, stored))

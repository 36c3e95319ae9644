"""Stage label: views and annotations in, the label store out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from pipeline.artifacts.foreground import foreground_array, known_from
from pipeline.artifacts.labels import unlabelled_shares
from pipeline.artifacts.manifest_facts import manifest_facts
from pipeline.artifacts.opened_store import OpenedStore
from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import Receipt
from pipeline.config.settings import Settings
from pipeline.datasets.records import ObjectKey
from pipeline.executors.shard import WHOLE, Shard
from pipeline.manifests.manifest import ManifestObject
from pipeline.manifests.view_collection import open_view_collection
from pipeline.progress import say
from pipeline.stages.fill import StoreTask, fill_store
from pipeline.stores.atomic_files import digest_of
from pipeline.stores.row_table import RowKey
from pipeline.stores.store import Done, Store
from render.given_labels import GivenObjectLabels
from render.object_labels import ObjectLabels
from render.projected_labels import ProjectedLabels

LabelWork: TypeAlias = tuple[ManifestObject, int]  # an object and the row of its views
LabelsOf: TypeAlias = Callable[[ObjectKey, ManifestObject, int], ObjectLabels]
MakeLabels: TypeAlias = Callable[[], LabelsOf]


def label_category(
    settings: Settings, category: str, limit: int | None = None, overwrite: bool = False, shard: Shard = WHOLE
) -> Receipt:
    """Label the rendered views of a category. Raises UserError."""
    project = Project(settings)
    manifest, views = project.manifest(category), project.views(category)
    rows, seen = views.rows, foreground_array(known_from(views.store))
    wanted = []
    for item in manifest.objects:
        key = manifest.key(item.id)
        if key in rows:
            marker = views.marker(rows[key])
            inputs = [marker.content_of(seen), marker.content_of("pose")]
            annotations = [None if a is None else [a.sha256, a.world_from_source] for a in (item.keypoints, item.parts)]
            entry = RowKey(key, digest_of([inputs, annotations]))
            wanted.append((entry, (item, rows[key].row)))
    store = project.labels_store(manifest)
    receipt = fill_store(
        "label",
        category,
        store,
        wanted,
        _Labeller(_make_labels(project, category, views.store, store), store),
        facts=manifest_facts(manifest, settings.source),
        upstream_failures=views.receipt.failed,
        views=settings.camera.views,
        machine=settings.machine,
        overwrite=overwrite,
        limit=limit,
        shard=shard,
    )
    shares = unlabelled_shares(OpenedStore(receipt, store))
    if any(shares.values()):
        most = max(shares, key=lambda name: shares[name])
        mean = sum(shares.values()) / len(shares)
        say(f"  {mean:.1%} of the foreground has no part label; most in {most}: {shares[most]:.1%}")
    return receipt


@dataclass(frozen=True)
class _Labeller:
    """Labels objects in one worker."""

    make: MakeLabels
    store: Store

    def __call__(self) -> Callable[[StoreTask[LabelWork]], Done]:
        labels_of = self.make()
        return lambda task: self._label(task, labels_of)

    def _label(self, task: StoreTask[LabelWork], labels_of: LabelsOf) -> Done:
        item, views_row = task.work
        labels = labels_of(task.entry.key, item, views_row)
        facts = labels.facts(has_parts=item.parts is not None, has_keypoints=item.keypoints is not None)
        return self.store.write(task.entry, task.row, labels.arrays(self.store.specs), facts)


def _make_labels(project: Project, category: str, views: Store, store: Store) -> MakeLabels:
    """Choose where labels come from: the views' own collection, or annotations of meshes."""
    settings, slots = project.settings, store.specs["keypoint_xyz"].shape[0]
    if settings.source.kind == "renders":
        source = open_view_collection(settings.source, settings.camera)
        return GivenObjectLabels(source, settings.camera, views, slots)
    return ProjectedLabels(settings.camera, settings.label, project.roots(), settings.category(category), views, slots)

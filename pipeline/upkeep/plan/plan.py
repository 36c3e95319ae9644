"""`pipeline plan`: what a run will need, from the settings, this machine, and what is there of the data."""

from pathlib import Path

import numpy as np

from pipeline.artifacts.project import Project
from pipeline.config.settings import Settings, Source
from pipeline.datasets.categories import Category
from pipeline.errors import UserError
from pipeline.manifests.manifest import Manifest, manifest_path
from pipeline.manifests.sources import open_roots
from pipeline.upkeep.plan.load import PUBLISHED, CategoryLoad, expected_load, with_measured_foreground
from pipeline.upkeep.plan.machine import this_machine
from pipeline.upkeep.plan.needs import plan_run
from pipeline.upkeep.plan.table import plan_text

MARKERS_READ = 500  # rendered objects whose foreground is averaged


def plan_settings(settings: Settings) -> str:
    """The plan as a text. Writes nothing. Raises UserError if nothing tells how many objects a category has."""
    root = Path(settings.storage.root)
    if root.exists() and not root.is_dir():
        raise UserError(f"storage.root is {root}, which is no folder: name another.")
    machine = this_machine(root)
    return plan_text(settings, plan_run(settings, loads_of(settings), machine))


def loads_of(settings: Settings) -> list[CategoryLoad]:
    """The load of each category: by its manifest, else by its source, else as published. Raises UserError."""
    return [_load(settings, settings.category(name)) for name in settings.categories]


def _load(settings: Settings, category: Category) -> CategoryLoad:
    try:
        load = _listed(settings, Project(settings).manifest(category.name))
    except UserError:  # there is none yet, or one of other settings
        load = expected_load(settings, category, *_count(settings, category))
    store = Project(settings).views_store(category.name)
    markers = (store.path / "done").glob("*.json")
    rows = sorted(int(marker.stem) for marker in markers if marker.stem.isdecimal())
    done = [marker for row in rows[:MARKERS_READ] if (marker := store.done(row)) is not None]
    if not done:
        return load
    share = float(np.mean([marker.facts["foreground"] for marker in done]))
    return with_measured_foreground(load, share, len(done) * settings.camera.views)


def _count(settings: Settings, category: Category) -> tuple[int | None, str]:
    """How many objects the source has, None for as many as were published, and where that is known from."""
    if settings.source.kind == "made-up":
        return settings.synthesize.objects, "synthesize.objects"
    folder = Path(str(settings.source.mesh_root))
    if folder.is_dir():
        meshes = open_roots(Path(settings.storage.root), _meshes_alone(settings), settings.synthesize).meshes
        try:
            return len(meshes.listing(category.synset).ids), f"{folder}"
        except UserError:  # the collection lacks the category
            pass
    if category.name not in PUBLISHED:
        raise UserError(
            f"nothing tells how many objects {category.name} has: {folder} holds none of it, and there is no "
            f"{manifest_path(category.name)}."
        )
    return None, "the published data"


def _meshes_alone(settings: Settings) -> Source:
    """The source without annotations, whose folders need not be there yet."""
    return settings.source.model_copy(
        update={"keypointnet_root": None, "shapenet_part_root": None, "partnet_root": None}
    )


def _listed(settings: Settings, manifest: Manifest) -> CategoryLoad:
    """What a manifest says; the foreground is still assumed."""
    expected = expected_load(settings, settings.category(manifest.category), 1, str(manifest_path(manifest.category)))
    keypoints = [item.keypoints.points for item in manifest.objects if item.keypoints is not None]
    parts = [item.parts.points for item in manifest.objects if item.parts is not None]
    train, val, test = (len(manifest.of_split(split)) for split in ("train", "val", "test"))
    return CategoryLoad(
        category=manifest.category,
        train=train,
        val=val,
        test=test,
        keypoint_objects=len(keypoints),
        candidates=max(keypoints, default=1),
        part_objects=len(parts),
        part_points=max(parts, default=1),
        foreground=expected.foreground,
        counted=expected.counted,
        foreground_from=expected.foreground_from,
    )

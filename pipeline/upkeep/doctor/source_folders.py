"""Check that the raw data lie where the settings say, in the layout of the settings, and are seen whole."""

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from pipeline.artifacts.project import Project
from pipeline.config.settings import Camera, Source
from pipeline.datasets.annotations import open_parts
from pipeline.datasets.categories import Category
from pipeline.datasets.keypointnet import annotation_file
from pipeline.datasets.meshes.shapenet import Release, ShapeNet
from pipeline.errors import UserError
from pipeline.manifests.sources import existing_folder, mesh_collection
from pipeline.manifests.splits import SEEDED, splits_path
from pipeline.manifests.view_collection import open_view_collection
from pipeline.upkeep.doctor.finding import Finding, finding_of, tried
from pipeline.upkeep.host import Host

OBJECTS = ("mesh_root", "views_root")
ANNOTATIONS = ("keypointnet_root", "shapenet_part_root", "partnet_root")
OTHER: dict[str, Release] = {"shapenet-v1": "shapenet-v2", "shapenet-v2": "shapenet-v1"}


def check_source(project: Project, _host: Host) -> Iterator[Finding]:
    """Look at each folder, then at each category in them. Reads names, and no mesh or image."""
    settings, source = project.settings, project.settings.source
    categories = [settings.category(name) for name in settings.categories]
    if source.kind == "made-up":
        yield Finding("source", "ok", "made-up objects: the stage synthesize makes them")
    else:
        closed = list(_closed(source))
        yield from closed or (tried(f"source: {each.name}", partial(_category, project, each)) for each in categories)
    if (splits := settings.manifest.splits) != SEEDED:
        yield tried("splits", partial(_splits, splits, categories))


def _closed(source: Source) -> Iterator[Finding]:
    """Name the folders that are missing or cannot be read."""
    for name in (*OBJECTS, *ANNOTATIONS):
        if (value := getattr(source, name)) is None:
            continue
        try:
            folder = existing_folder(name, value)
        except UserError as error:
            yield finding_of(f"source: {name}", error)
            continue
        if not os.access(folder, os.R_OK | os.X_OK):
            remedy = f"give yourself the rights (`chmod -R u+rX {folder}`), or name a copy of yours"
            yield Finding(f"source: {name}", "problem", f"{folder} cannot be read", remedy)


def _category(project: Project, category: Category) -> str:
    """Count a category's objects and name what annotates them. Raises UserError where a folder lacks its files."""
    found = [f"{_count_objects(project.settings.source, project.settings.camera, category):,} objects"]
    if project.settings.source.kind != "renders":
        roots = project.roots()
        if roots.keypointnet is not None:
            annotation_file(roots.keypointnet, category)
            found.append("keypoints")
        if (parts := open_parts(roots, category)) is not None:
            found.append(f"parts of {parts.dataset}")
    return ", ".join(found)


def _count_objects(source: Source, camera: Camera, category: Category) -> int:
    """Count a category's objects. Raises UserError if there is none."""
    if source.kind == "renders":
        listing, key = open_view_collection(source, camera).listing(category.synset), "views_root"
        remedy = "correct source.layout or source.views_root"
    else:
        listing, key = mesh_collection(source).listing(category.synset), "mesh_root"
        remedy = _other_release(source, category.synset) or "correct source.kind or source.mesh_root"
    if not listing.ids:
        example = next((f", such as {name}, which {reason}" for name, reason in listing.passed_over.items()), "")
        passed = f"none of its {len(listing.passed_over)} folders is one{example}"
        where = f"{getattr(source, key)} holds no object of {category.name}"
        raise UserError(f"source.{key}: {where}, {passed}: {remedy}.")
    return len(listing.ids)


def _other_release(source: Source, synset: str) -> str | None:
    """Say how to read a folder that is laid out as the other release of ShapeNet; None if it is not."""
    other = OTHER.get(source.kind)
    if other is None or not ShapeNet(Path(str(source.mesh_root)), other).listing(synset).ids:
        return None
    return f"it is laid out as {other}, so set source.kind to {other}"


def _splits(splits: str, categories: Sequence[Category]) -> str:
    files = {str(splits_path(splits, category.synset)) for category in categories}
    return f"{splits}: {len(files)} files" if len(files) > 1 else files.pop()


def check_camera(project: Project, _host: Host) -> Iterator[Finding]:
    """Compare near and far with the size of objects; of views made elsewhere, only the render stage can tell."""
    camera, kind = project.settings.camera, project.settings.source.kind
    doubt = None if kind == "renders" else camera.doubt(project.settings.manifest.longest_edge)
    if doubt is None:
        yield Finding("camera", "ok", f"rays are sampled from {camera.near:g} to {camera.far:g} world units")
    else:
        yield finding_of("camera", doubt, "warning")

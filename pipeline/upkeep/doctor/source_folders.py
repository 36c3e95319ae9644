"""Check that the raw data lie where the settings say, can be read, and have the layout of the settings."""

import os
from collections.abc import Iterator, Sequence
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
from pipeline.upkeep.doctor.finding import Finding, problem_of
from pipeline.upkeep.host import Host

OBJECTS = ("mesh_root", "views_root")
ANNOTATIONS = ("keypointnet_root", "shapenet_part_root", "partnet_root")
OTHER: dict[str, Release] = {"shapenet-v1": "shapenet-v2", "shapenet-v2": "shapenet-v1"}


def check_source(project: Project, _host: Host) -> Iterator[Finding]:
    """Look at each folder, then at each category in them. Reads names, and no mesh or image."""
    settings, source = project.settings, project.settings.source
    named = {name: value for name in (*OBJECTS, *ANNOTATIONS) if (value := getattr(source, name)) is not None}
    closed = [] if source.kind == "made-up" else list(_closed(named))
    yield from closed
    if source.kind == "made-up":
        yield Finding("source", "ok", "made-up objects: the stage synthesize makes them")
    categories = [settings.category(name) for name in settings.categories]
    if source.kind != "made-up" and not closed:
        yield from (_category(project, category) for category in categories)
    if settings.manifest.splits != SEEDED:
        yield _splits(settings.manifest.splits, categories)


def _closed(named: dict[str, str]) -> Iterator[Finding]:
    """Name the folders that are missing or cannot be read."""
    for name, value in named.items():
        try:
            folder = existing_folder(name, value)
        except UserError as error:
            yield problem_of(f"source: {name}", error)
            continue
        if not os.access(folder, os.R_OK | os.X_OK):
            remedy = f"give yourself the rights (`chmod -R u+rX {folder}`), or name a copy of yours"
            yield Finding(f"source: {name}", "problem", f"{folder} cannot be read", remedy)


def _category(project: Project, category: Category) -> Finding:
    source, name = project.settings.source, f"source: {category.name}"
    try:
        count = _count_objects(source, project.settings.camera, category)
        annotated = _annotations(project, category) if source.kind != "renders" else []
    except UserError as error:
        return problem_of(name, error)
    return Finding(name, "ok", ", ".join([f"{count:,} objects", *annotated]))


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


def _annotations(project: Project, category: Category) -> list[str]:
    """Name what annotates a category. Raises UserError for a folder without its data set's files."""
    roots, names = project.roots(), []
    if roots.keypointnet is not None:
        annotation_file(roots.keypointnet, category)
        names.append("keypoints")
    if (parts := open_parts(roots, category)) is not None:
        names.append(f"parts of {parts.dataset}")
    return names


def _splits(splits: str, categories: Sequence[Category]) -> Finding:
    try:
        files = {splits_path(splits, category.synset) for category in categories}
    except UserError as error:
        return problem_of("splits", error)
    return Finding("splits", "ok", f"{splits}: {len(files)} files" if len(files) > 1 else str(files.pop()))

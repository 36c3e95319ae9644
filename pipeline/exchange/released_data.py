"""Write stores in the layout of the released code. pipeline/datasets/released/layout.py shows the folders."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from pipeline.artifacts.project import Project
from pipeline.config.sections.teachers import StoredMaps
from pipeline.datasets.records import SPLITS as SPLIT_NAMES
from pipeline.datasets.released.annotations import keypoint_labels, keypoint_pixel_labels
from pipeline.datasets.released.cameras import cameras_content, common_angle
from pipeline.datasets.released.layout import (
    DINO_MAPS,
    FEATURES,
    IMAGES,
    KEYPOINTS_2D,
    KEYPOINTS_3D,
    LABELS,
    PARTS_2D,
    PARTS_3D,
    POINTS,
    SPLITS,
    array_file,
    camera_file,
    image_folder,
)
from pipeline.datasets.released.maps import released_maps
from pipeline.errors import UserError
from pipeline.exchange.exported_object import ExportedObject
from pipeline.exchange.npy import npz_bytes, npz_of_files, object_npy_bytes
from pipeline.exchange.png import png_bytes
from pipeline.exchange.stored_objects import open_stored_objects
from pipeline.manifests.manifest import Manifest, ManifestObject
from pipeline.progress import counted, say
from pipeline.stores.atomic_files import json_bytes, write_bytes


def export_released(project: Project, category: str, teacher: str | None, out: Path, overwrite: bool) -> str:
    """Write a category's images, cameras, labels, splits and a teacher's maps below `out`. Return a line for the user.

    An object whose cameras the format cannot hold is left out, and said. The same export that was stopped continues.
    Raises UserError if no object is left, or if the category is there already and `overwrite` is false.
    """
    stored = open_stored_objects(project, category, teacher, labelled=True)
    if stored.labels is None:
        say(f"  no labels of {category} are exported: `pipeline label --category {category}` makes them")
    manifest, synset = stored.manifest, stored.manifest.synset
    maps_folder = None if teacher is None else _maps_folder(project, teacher)
    opened = [store for store in (stored.views, stored.labels, stored.maps) if store is not None]
    unfinished, mark = out / f".{synset}.unfinished", json_bytes([store.store.fingerprint for store in opened])
    continues = unfinished.is_file() and unfinished.read_bytes() == mark
    if (out / IMAGES / synset).exists() and not (overwrite or continues):
        raise UserError(f"{out / IMAGES / synset} is there already: give another --out, or --overwrite.")
    write_bytes(unfinished, mark)
    written, empty = [], 0
    there = [item for item in manifest.objects if manifest.key(item.id) in stored.views.rows]
    for item in counted(there, f"export released-data {category}", "objects"):
        key = manifest.key(item.id)
        exported = stored.read(key, item.split)
        try:
            files = released_files(exported, item, maps_folder)
        except _UnfitError as error:
            say(f"  {key} {error}; it is left out, because the format has one centred camera for each object")
        else:
            for file, data in files.items():
                write_bytes(out / file, data)
            written.append(item)
            empty += not exported.rgba[..., 3].any(axis=(1, 2)).all()
    if not written:
        raise UserError(f"no object of {category} can be exported in this format: the reasons are above.")
    write_bytes(out / SPLITS / f"{synset}.json", json_bytes(_splits(manifest, written)))
    unfinished.unlink()
    if empty:
        say(f"  {empty} objects have a view that shows nothing: the released code refuses these objects")
    return f"{len(written)} objects of {category} -> {out}; for the released code copy {out / SPLITS} to assets/splits"


class _UnfitError(Exception):
    """Why an object does not fit the format, as the rest of a sentence whose subject is the object."""


def _maps_folder(project: Project, teacher: str) -> str:
    """Name the folder of a teacher's maps: for DINO the published one, for stored maps the one that they came from."""
    network = project.settings.network(teacher)
    if isinstance(network, StoredMaps):
        return network.folder
    return DINO_MAPS if teacher == "dino" else f"{teacher}_feat"


def released_files(
    exported: ExportedObject, item: ManifestObject, maps_folder: str | None
) -> dict[PurePosixPath, bytes]:
    """Return the files of one object with their content."""
    key, labels, (height, width) = exported.key, exported.labels, exported.rgba.shape[1:3]
    try:
        angle = common_angle(exported.intrinsics, width, height)
    except ValueError as error:
        raise _UnfitError(str(error)) from None
    names = [f"{view:06}.png" for view in range(len(exported.rgba))]  # the released code sorts names
    cameras = cameras_content(angle, names, exported.pose)
    files = {image_folder(key) / name: png_bytes(image) for name, image in zip(names, exported.rgba, strict=True)}
    files[camera_file(key)] = json_bytes(cameras)
    if labels and item.parts is not None:
        files[array_file(PARTS_2D, key)] = npz_bytes({LABELS: labels["part"]})
        if len(labels["part_xyz"]):
            in_3d = {POINTS: labels["part_xyz"], LABELS: labels["part_label"]}
            files[array_file(PARTS_3D, key)] = npz_bytes(in_3d)
    if labels and item.keypoints is not None:
        pixels = keypoint_pixel_labels(labels["keypoint_uv"], labels["keypoint_visible"], (height, width))
        files[array_file(KEYPOINTS_2D, key)] = npz_of_files({LABELS: object_npy_bytes(pixels)})
        ids = np.flatnonzero(labels["keypoint_present"])
        if len(ids):
            in_3d = {POINTS: labels["candidate_xyz"], LABELS: keypoint_labels(labels["keypoint_xyz"][ids], ids)}
            files[array_file(KEYPOINTS_3D, key)] = npz_bytes(in_3d)
    if exported.feature is not None and maps_folder is not None:
        files[array_file(maps_folder, key)] = npz_bytes({FEATURES: released_maps(exported.feature)})
    return files


def _splits(manifest: Manifest, written: list[ManifestObject]) -> dict[str, Any]:
    """Return the content of a released split file. Valid are test objects with keypoints and parts."""
    there = {item.id for item in written}
    return {
        **{name: [item.id for item in written if item.split == name] for name in SPLIT_NAMES},
        "valid_flags_for_test": {
            item.id: item.keypoints is not None and item.parts is not None for item in written if item.split == "test"
        },
        "cross_inst_pairs": [
            {"src": pair.src, "trg": pair.trg, "view": pair.view}
            for pair in manifest.pairs.cross_instance
            if {pair.src, pair.trg} <= there
        ],
        "cross_view_pairs": [
            {"model_id": pair.id, "src_view": pair.src_view, "trg_view": pair.trg_view}
            for pair in manifest.pairs.cross_view
            if pair.id in there
        ],
    }

"""Write stores in the layout of the released code. pipeline/datasets/released/layout.py shows the folders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from jaxtyping import Shaped

from pipeline.artifacts.map_values import read_maps
from pipeline.artifacts.opened_store import OpenedStore
from pipeline.artifacts.project import Project
from pipeline.artifacts.receipts import receipt_path
from pipeline.config.sections.teachers import StoredMaps
from pipeline.datasets.records import SPLITS as SPLIT_NAMES
from pipeline.datasets.records import ObjectKey
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
from pipeline.exchange.npy import npz_bytes, npz_of_files
from pipeline.exchange.object_npy import object_npy_bytes
from pipeline.exchange.png import png_bytes
from pipeline.manifests.manifest import Manifest, ManifestObject
from pipeline.progress import Progress, say
from pipeline.stores.atomic_files import json_bytes, write_bytes

Arrays = Mapping[str, Shaped[np.ndarray, "..."]]


@dataclass(frozen=True)
class _Stores:
    """What is exported of a category. Labels and maps are None if they are not wanted or not made."""

    manifest: Manifest
    views: OpenedStore
    labels: OpenedStore | None
    maps: OpenedStore | None
    maps_folder: str


def export_released(project: Project, category: str, teacher: str | None, out: Path, overwrite: bool) -> str:
    """Write a category's images, cameras, labels, splits and a teacher's maps below `out`. Return a line for the user.

    An object whose cameras the format cannot hold is left out, and said. The same export that was stopped continues.
    Raises UserError if no object is left, or if the category is there already and `overwrite` is false.
    """
    stores = _open(project, category, teacher)
    synset = stores.manifest.synset
    opened = [store for store in (stores.views, stores.labels, stores.maps) if store is not None]
    unfinished, mark = out / f".{synset}.unfinished", json_bytes([store.store.fingerprint for store in opened])
    continues = unfinished.is_file() and unfinished.read_bytes() == mark
    if (out / IMAGES / synset).exists() and not (overwrite or continues):
        raise UserError(f"{out / IMAGES / synset} is there already: give another --out, or --overwrite.")
    write_bytes(unfinished, mark)
    progress = Progress(f"export released-data {category}", len(stores.views.rows), "objects")
    written, empty = [], 0
    for item in stores.manifest.objects:
        key = stores.manifest.key(item.id)
        if key not in stores.views.rows:
            continue
        try:
            files = released_files(stores, key, item)
        except _UnfitError as error:
            say(f"  {key} {error}; it is left out, because the format has one centred camera for each object")
        else:
            for file, data in files.items():
                write_bytes(out / file, data)
            written.append(item)
            empty += not stores.views.read("rgba", key)[..., 3].any(axis=(1, 2)).all()
        progress.step()
    progress.clear()
    if not written:
        raise UserError(f"no object of {category} can be exported in this format: the reasons are above.")
    write_bytes(out / SPLITS / f"{synset}.json", json_bytes(_splits(stores.manifest, written)))
    unfinished.unlink()
    if empty:
        say(f"  {empty} objects have a view that shows nothing: the released code refuses these objects")
    return f"{len(written)} objects of {category} -> {out}; for the released code copy {out / SPLITS} to assets/splits"


class _UnfitError(Exception):
    """Why an object does not fit the format, as the rest of a sentence whose subject is the object."""


def _open(project: Project, category: str, teacher: str | None) -> _Stores:
    manifest = project.manifest(category)
    labels = project.labels(manifest) if receipt_path("label", category).exists() else None
    if labels is None:
        say(f"  no labels of {category} are exported: `pipeline label --category {category}` makes them")
    stored = None if teacher is None else project.stored_views(category, teacher)
    views = project.views(category) if stored is None else stored.views
    maps = None if stored is None else stored.maps
    return _Stores(manifest, views, labels, maps, "" if teacher is None else _maps_folder(project, teacher))


def _maps_folder(project: Project, teacher: str) -> str:
    """Return the folder of a teacher's maps: the published one of DINO, and the one that maps came from."""
    network = project.settings.network(teacher)
    if isinstance(network, StoredMaps):
        return network.folder
    return DINO_MAPS if teacher == "dino" else f"{teacher}_feat"


def released_files(stores: _Stores, key: ObjectKey, item: ManifestObject) -> dict[PurePosixPath, bytes]:
    """Return the files of one object with their content."""
    rgba = stores.views.read("rgba", key)
    height, width = rgba.shape[1:3]
    try:
        angle = common_angle(stores.views.read("intrinsics", key), width, height)
    except ValueError as error:
        raise _UnfitError(str(error)) from None
    names = [f"{view:06}.png" for view in range(len(rgba))]  # the released code sorts names
    cameras = cameras_content(angle, names, stores.views.read("pose", key))
    files = {image_folder(key) / name: png_bytes(image) for name, image in zip(names, rgba, strict=True)}
    files[camera_file(key)] = json_bytes(cameras)
    if stores.labels is not None and key in stores.labels.rows:
        read = {name: stores.labels.read(name, key) for name in stores.labels.store.specs}
        files |= _part_files(key, read) if item.parts is not None else {}
        files |= _keypoint_files(key, read, (height, width)) if item.keypoints is not None else {}
    if stores.maps is not None and key in stores.maps.rows:
        maps = read_maps(stores.maps.store, stores.maps.rows[key].row)
        files[array_file(stores.maps_folder, key)] = npz_bytes({FEATURES: released_maps(maps)})
    return files


def _part_files(key: ObjectKey, read: Arrays) -> dict[PurePosixPath, bytes]:
    count = int(read["part_count"])
    in_3d = {POINTS: read["part_xyz"][:count], LABELS: read["part_label"][:count]}
    return {
        array_file(PARTS_2D, key): npz_bytes({LABELS: read["part"]}),
        **({array_file(PARTS_3D, key): npz_bytes(in_3d)} if count else {}),
    }


def _keypoint_files(key: ObjectKey, read: Arrays, size: tuple[int, int]) -> dict[PurePosixPath, bytes]:
    pixels = keypoint_pixel_labels(read["keypoint_uv"], read["keypoint_visible"], size)
    ids = np.flatnonzero(read["keypoint_present"])
    candidates = read["candidate_xyz"][: int(read["candidate_count"])]
    in_3d = {POINTS: candidates, LABELS: keypoint_labels(read["keypoint_xyz"][ids], ids)}
    return {
        array_file(KEYPOINTS_2D, key): npz_of_files({LABELS: object_npy_bytes(pixels)}),
        **({array_file(KEYPOINTS_3D, key): npz_bytes(in_3d)} if len(ids) else {}),
    }


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

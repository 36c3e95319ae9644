"""A project with one of everything that is kept, made in milliseconds: no stage has run."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.artifacts.map_values import quantised
from pipeline.artifacts.places import Place
from pipeline.artifacts.receipts import Receipt, StoredObject, receipt_path, write_receipt
from pipeline.artifacts.reopen import reopen
from pipeline.config.profiles import profile_text
from pipeline.config.settings import Settings, load_settings
from pipeline.datasets.records import ObjectKey
from pipeline.stores.array_spec import ArraySpec
from pipeline.stores.atomic_files import digest_of, sha256_of, write_bytes, write_json
from pipeline.stores.checked_json import write_checked
from pipeline.stores.row_facts import RowFacts
from pipeline.stores.row_table import RowKey
from pipeline.stores.store import Store
from render.mesh_file import mesh_to_bytes
from render.prepared_mesh import prepare
from tests.render.meshes import cube

ROOT = Path("stores")
SYNSET = "02691156"
NAMES = ("a", "b", "c")
VIEWS, SIZE, CELLS, CHANNELS = 4, 32, 8, 6
LAYOUTS: dict[str, list[ArraySpec]] = {
    "views": [
        ArraySpec("rgba", (VIEWS, SIZE, SIZE, 4), "uint8", shuffle="shuffle"),
        ArraySpec("depth", (VIEWS, SIZE, SIZE), "float32"),
        ArraySpec("pose", (VIEWS, 4, 4), "float32"),
    ],
    "labels": [ArraySpec("part", (VIEWS, SIZE, SIZE), "uint8"), ArraySpec("part_count", (), "int32")],
    "maps": [
        ArraySpec("feature", (VIEWS, CELLS, CELLS, CHANNELS), "int8", chunk=(1, CELLS, CELLS, CHANNELS)),
        ArraySpec("scale", (CHANNELS,), "float32"),
    ],
}


def kept_project() -> Settings:
    """Fill the folder that this process is in; settings of the smoke profile, which name planes and daisy."""
    Path("params.yaml").write_text(profile_text("smoke"))
    views = filled_store(ROOT, "views", NAMES)
    write_reference(views, "render", "plane", NAMES)
    write_reference(filled_store(ROOT, "labels", NAMES), "label", "plane", NAMES)
    maps = filled_store(ROOT, "maps", NAMES, views=views.fingerprint)
    write_reference(maps, "cache-teachers", "plane-daisy", NAMES)
    write_projection()
    write_bytes(ROOT / "meshes" / "plane" / f"a-{'0' * 16}.safetensors", mesh_to_bytes(prepare(cube(0.4), np.eye(4))))
    return load_settings()


def filled_store(
    root: Path, kind: str, names: Sequence[str], category: str = "plane", teacher: str = "daisy", **recipe: Any
) -> Store:
    """A store whose content follows from the names."""
    folder, kind_folder = (root / "maps", teacher) if kind == "maps" else (root, kind)
    store = Store(folder, kind_folder, category, {"recipe": 1, **recipe}, LAYOUTS[kind])
    entries = [RowKey(ObjectKey(SYNSET, name), f"inputs of {name}") for name in names]
    for entry, row in store.allocate(entries).items():
        share = "foreground_cells" if kind == "maps" else "foreground"
        store.write(entry, row, arrays_of(kind, entry.key.id), {} if kind == "labels" else {share: 0.25})
    store.set_row_facts({row: RowFacts("train", "none") for row in range(len(entries))})
    return store


def arrays_of(kind: str, name: str) -> dict[str, np.ndarray]:
    """A square of noise in the middle of each view: a quarter of it."""
    rng = np.random.default_rng(list(name.encode()))
    inside = np.zeros((SIZE, SIZE), dtype=bool)
    inside[SIZE // 4 : -SIZE // 4, SIZE // 4 : -SIZE // 4] = True
    if kind == "views":
        rgba = rng.integers(1, 256, (VIEWS, SIZE, SIZE, 4), dtype=np.uint8) * inside[..., None]
        depth = rng.uniform(0.8, 1.8, (VIEWS, SIZE, SIZE)).astype(np.float32) * inside
        return {"rgba": rgba, "depth": depth, "pose": rng.normal(size=(VIEWS, 4, 4)).astype(np.float32)}
    if kind == "labels":
        return {"part": rng.integers(0, 4, (VIEWS, SIZE, SIZE), dtype=np.uint8), "part_count": np.array(7, np.int32)}
    step = SIZE // CELLS
    feature = rng.normal(size=(VIEWS, CELLS, CELLS, CHANNELS)) * inside[::step, ::step, None]
    values, scale = quantised(feature.astype(np.float32))
    return {"feature": values, "scale": scale}


def write_reference(store: Store, stage: str, instance: str, names: Sequence[str]) -> None:
    """The receipt of a stage that has filled the store."""
    rows = {entry.key.id: row for row, entry in enumerate(store.table())}
    objects = tuple(StoredObject(ObjectKey(SYNSET, name), rows[name], content_of(store, rows[name])) for name in names)
    write_receipt(Receipt(stage, instance, store.path.as_posix(), store.fingerprint, objects, {}))


def content_of(store: Store, row: int) -> str:
    done = store.done(row)
    assert done is not None
    return done.content


def write_projection(seed: int = 0, receipt: bool = True) -> Path:
    """As fit-projection does; that the tensors are none does not matter to those who keep them."""
    about = {"recipe": 1, "seed": seed, "teacher": {"radius": 15}}
    fingerprint = digest_of(about)[:16]
    folder = ROOT / "projections" / "daisy" / "plane" / fingerprint
    write_json(folder / "about.json", about)
    write_bytes(folder / "projection.safetensors", np.random.default_rng(seed).bytes(500))
    record = {"sha256": sha256_of(folder / "projection.safetensors"), "cells": 1000, "explained_variance": 0.75}
    write_checked(folder / "projection.json", record)
    if receipt:
        named = {"stage": "fit-projection", "instance": "plane-daisy", "store": folder.relative_to(ROOT).as_posix()}
        write_checked(receipt_path("fit-projection", "plane-daisy"), {**named, "fingerprint": fingerprint, **record})
    return folder


def the_store(kind: str, root: Path = ROOT) -> Store:
    """The project's own store of a kind."""
    teacher = "daisy" if kind == "maps" else None
    folder = root / "maps" / "daisy" / "plane" if kind == "maps" else root / kind / "plane"
    (path,) = [path for path in folder.iterdir() if (path / "about.json").exists()]
    return reopen(root, replace(Place("views", teacher, "plane", path.name), kind=kind))  # type: ignore[arg-type]

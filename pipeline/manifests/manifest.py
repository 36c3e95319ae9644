"""The manifest of a category: which objects, in which split, in which pairs, with checksums and maps into the world
frame; and what was dropped, and why. Readable, diffable, one object a line, the same bytes every time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from pipeline.config.settings import ManifestSettings, Source, Synthesize
from pipeline.datasets.meshes.look_notes import LookNote
from pipeline.datasets.records import ObjectKey, Split
from pipeline.errors import UserError
from pipeline.manifests.pairs import Carried, Pairs
from pipeline.manifests.splits import splits_origin
from pipeline.stores.atomic_files import digest_of, write_bytes
from pipeline.stores.plain_files import read_file
from pipeline.stores.typed_json import parse_json, plain_json

MANIFESTS = Path("data_manifests")
Matrix = tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True)
class SurfaceDistance:
    """The distances of an annotation's points from the mesh, in units of its longest edge."""

    mean: float
    largest: float


@dataclass(frozen=True)
class Annotation:
    """An annotation of an object: its data set, the map into the world frame, a digest of coordinates and labels.

    `points` counts the points of a part annotation, or the candidate points of keypoints; `labels` are the labels of
    the parts that occur, or the semantic ids of the keypoints, ascending. `surface_distance` is measured after the map,
    where there is a mesh.
    """

    dataset: str
    world_from_source: Matrix
    sha256: str
    points: int
    labels: tuple[int, ...]
    surface_distance: SurfaceDistance | None

    def matrix(self) -> Float64[np.ndarray, "4 4"]:
        """The 4x4 for column vectors."""
        return np.array(self.world_from_source)


@dataclass(frozen=True)
class ManifestObject:
    """An object of a manifest. `files` are relative to the data set's root, with their sha256.

    `notes` say which annotation could not be used, and why; the object itself can. `look_notes` say the same of looks.
    """

    id: str
    split: Split
    files: Mapping[str, str]
    world_from_source: Matrix
    keypoints: Annotation | None
    parts: Annotation | None
    notes: tuple[str, ...]
    look_notes: tuple[LookNote, ...] = ()

    def matrix(self) -> Float64[np.ndarray, "4 4"]:
        """World from the mesh's own frame, for column vectors."""
        return np.array(self.world_from_source)

    def carried(self) -> Carried:
        """The keypoints and parts that the object is annotated with."""
        keypoints, parts = (frozenset(a.labels if a else ()) for a in (self.keypoints, self.parts))
        return Carried(keypoints, parts)


@dataclass(frozen=True)
class Manifest:
    """A category's manifest. `made_with` holds the settings that decided on it.

    `part_names` stand in the order of the labels, which start at 1. `dropped` says of every object that is in the data
    or in the splits, and not among `objects`, why.
    """

    category: str
    synset: str
    made_with: Mapping[str, Any]
    part_names: tuple[str, ...]
    objects: tuple[ManifestObject, ...]
    pairs: Pairs
    dropped: Mapping[str, str]

    def key(self, object_id: str) -> ObjectKey:
        """The key of one of the objects."""
        return ObjectKey(self.synset, object_id)

    def of_split(self, split: Split) -> tuple[ManifestObject, ...]:
        """The objects of a split, in order."""
        return tuple(item for item in self.objects if item.split == split)


_LEVELS = {"objects": 1, "pairs": 2, "dropped": 1}  # of lists and mappings whose items get a line each


def manifest_path(category: str) -> Path:
    """The path of a category's manifest, as dvc.yaml has it."""
    return MANIFESTS / f"{category}.json"


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write it: one object, one pair and one dropped object a line."""
    tree = plain_json(manifest)
    sections = ",\n".join(
        f" {json.dumps(name)}: {_lines(value, _LEVELS.get(name, 0), '  ')}" for name, value in tree.items()
    )
    write_bytes(path, f"{{\n{sections}\n}}\n".encode())


def _lines(value: Any, levels: int, indent: str) -> str:
    """The value as json; items of the outer `levels` of lists and mappings stand on lines of their own."""
    if not levels or not value:
        return json.dumps(value)
    if isinstance(value, dict):
        rows = [f"{json.dumps(name)}: {_lines(item, levels - 1, indent + ' ')}" for name, item in value.items()]
        opening, closing = "{}"
    else:
        rows = [_lines(item, levels - 1, indent + " ") for item in value]
        opening, closing = "[]"
    return f"{opening}\n{indent}" + f",\n{indent}".join(rows) + f"\n{indent[:-1]}{closing}"


def made_with(
    source: Source, synthesize: Synthesize, manifest: ManifestSettings, views: int, synset: str
) -> dict[str, Any]:
    """Collect the settings that decide on a manifest, without paths of this machine.

    Files of splits count by checksum. Raises UserError if such a file is missing.
    """
    chosen = manifest.model_dump(mode="json")
    chosen["splits"] = splits_origin(manifest.splits, synset)
    origin: dict[str, Any] = {"kind": source.kind}
    if source.kind == "made-up":
        origin["synthesize"] = synthesize.model_dump(mode="json")
    if source.kind == "folder":
        origin |= {"up": source.up, "front": source.front}
    if source.kind == "renders":
        origin |= {"layout": source.layout, "scale": source.scale, "up": source.up, "front": source.front}
    if source.kind == "renders" and source.layout == "co3d":
        # The context decides on the pictures, and not on the objects: the view store's fingerprint has it.
        origin["co3d"] = source.co3d.model_dump(mode="json", exclude={"context"})
    return {"source": origin, "manifest": chosen, "views": views}


def read_manifest(category: str, expected: Mapping[str, Any]) -> Manifest:
    """Read a category's manifest. `expected` are the settings that it must have been made with.

    Raises UserError with the command that makes it if it is missing or of other settings.
    """
    path = manifest_path(category)
    command = f"pipeline manifest --category {category}"
    manifest = _read(path, command)
    for name, value in expected.items():
        if manifest.made_with.get(name) != value:
            raise UserError(
                f"{path} was made with other settings ({name}: {manifest.made_with.get(name)}, now {value}): "
                f"run `{command}` first."
            )
    return manifest


def every_manifest() -> list[Manifest]:
    """Read all manifests of this project, whatever settings they were made with. Raises UserError if one is damaged."""
    paths = sorted(MANIFESTS.glob("*.json"))
    return [_read(path, f"pipeline manifest --category {path.stem}") for path in paths]


def _read(path: Path, command: str) -> Manifest:
    try:
        return parse_json(read_file(path), Manifest)
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run `{command}` first.") from None
    except ValueError as error:
        raise UserError(f"{path} is damaged ({error}): run `{command}` again.") from None


def as_matrix(matrix: Float64[np.ndarray, "4 4"]) -> Matrix:
    """A 4x4 array as the nested tuple that a manifest holds."""
    a, b, c, d = (tuple(float(x) for x in row) for row in matrix)
    return (a, b, c, d)  # type: ignore[return-value]  # four rows of four


def object_digest(item: ManifestObject) -> str:
    """A digest of what an object's geometry and looks depend on: its files and its map into the world frame."""
    return digest_of([dict(item.files), item.world_from_source])

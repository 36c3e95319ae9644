"""The manifest of a category: which objects, in which split, in which pairs, with checksums and maps into the world
frame; and what was dropped, and why. Readable, diffable, one object a line, the same bytes every time."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float64

from pipeline.atomic_files import digest_of, sha256_of, write_bytes
from pipeline.categories import category_named
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.settings import Settings

MANIFESTS = Path("data_manifests")
SEEDED = "seeded"  # the value of manifest.splits that names no folder
Split = Literal["train", "val", "test"]
Matrix = tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True)
class Annotation:
    """An annotation of an object: its data set, the map into the world frame, a digest of coordinates and labels, and
    the number of its points (of a part annotation) or candidate points (of keypoints)."""

    dataset: str
    world_from_source: Matrix
    sha256: str
    points: int

    def matrix(self) -> Float64[np.ndarray, "4 4"]:
        """The 4x4 for column vectors."""
        return np.array(self.world_from_source)


@dataclass(frozen=True)
class KeypointAnnotation(Annotation):
    """`slots` is the largest semantic id + 1."""

    slots: int


@dataclass(frozen=True)
class ManifestObject:
    """One object. `files` are relative to the data set's root, with their sha256.

    `notes` say which annotation could not be used, and why; the object itself can.
    """

    id: str
    split: Split
    files: dict[str, str]
    world_from_source: Matrix
    keypoints: KeypointAnnotation | None
    parts: Annotation | None
    notes: tuple[str, ...]

    def matrix(self) -> Float64[np.ndarray, "4 4"]:
        """World from the mesh's own frame, for column vectors."""
        return np.array(self.world_from_source)


@dataclass(frozen=True)
class CrossInstancePair:
    """Transfer from one test object to another, both seen from the pose with the number `view`."""

    src: str
    trg: str
    view: int


@dataclass(frozen=True)
class Manifest:
    """A category's manifest. `made_with` holds the settings that decided on it."""

    category: str
    synset: str
    made_with: dict[str, Any]
    objects: tuple[ManifestObject, ...]
    cross_instance_pairs: tuple[CrossInstancePair, ...]
    dropped: dict[str, str]

    def key(self, object_id: str) -> ObjectKey:
        """The key of one of the objects."""
        return ObjectKey(self.synset, object_id)

    def of_split(self, split: Split) -> tuple[ManifestObject, ...]:
        """The objects of a split, in order."""
        return tuple(item for item in self.objects if item.split == split)


def manifest_path(category: str) -> Path:
    """Where a category's manifest lies, as dvc.yaml has it."""
    return MANIFESTS / f"{category}.json"


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write it, one object and one pair a line."""
    tree = asdict(manifest)
    lines = ["{"]
    for name, value in tree.items():
        end = "" if name == "dropped" else ","
        if isinstance(value, tuple | list) and value:
            rows = ",\n  ".join(json.dumps(row, sort_keys=True) for row in value)
            lines.append(f' "{name}": [\n  {rows}\n ]{end}')
        else:
            lines.append(f' "{name}": {json.dumps(value, sort_keys=True)}{end}')
    lines.append("}")
    write_bytes(path, ("\n".join(lines) + "\n").encode())


def made_with(settings: Settings, category: str) -> dict[str, Any]:
    """The settings that decide on a manifest, without paths of this machine: released splits count by checksum.

    Raises UserError if the released split file is missing.
    """
    chosen = settings.manifest.model_dump(mode="json")
    if settings.manifest.splits != SEEDED:
        path = released_path(Path(settings.manifest.splits), category_named(category).synset)
        chosen["splits"] = f"released, sha256 {sha256_of(path)}"
    synthesized = settings.synthesize.model_dump(mode="json") if settings.source.kind == "made-up" else None
    return {
        "source": settings.source.kind,
        "synthesize": synthesized,
        "manifest": chosen,
        "views": settings.camera.views,
    }


def released_path(folder: Path, synset: str) -> Path:
    """The released split file of a synset. Raises UserError if it is missing."""
    path = folder / f"{synset}.json"
    if not path.is_file():
        raise UserError(f"{path} is missing: manifest.splits names the folder of the released files, or is '{SEEDED}'.")
    return path


def read_manifest(settings: Settings, category: str) -> Manifest:
    """A category's manifest. Raises UserError with the command that makes it if it is missing or of other settings."""
    path = manifest_path(category)
    command = f"pipeline manifest --category {category}"
    manifest = _read(path, command)
    wanted = made_with(settings, category)
    for name, value in wanted.items():
        if manifest.made_with.get(name) != value:
            raise UserError(
                f"{path} was made with other settings ({name}: {manifest.made_with.get(name)}, now {value}): "
                f"run `{command}` first."
            )
    return manifest


def _read(path: Path, command: str) -> Manifest:
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
        return Manifest(
            **{
                **tree,
                "objects": tuple(_object(item) for item in tree["objects"]),
                "cross_instance_pairs": tuple(CrossInstancePair(**pair) for pair in tree["cross_instance_pairs"]),
            }
        )
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run `{command}` first.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is damaged ({error}): run `{command}` again.") from None


def _object(tree: dict[str, Any]) -> ManifestObject:
    def annotation(name: str, kind: type[Annotation]) -> Annotation | None:
        held = tree[name]
        return None if held is None else kind(**{**held, "world_from_source": _matrix(held)})

    return ManifestObject(
        **{
            **tree,
            "world_from_source": _matrix(tree),
            "notes": tuple(tree["notes"]),
            "keypoints": annotation("keypoints", KeypointAnnotation),
            "parts": annotation("parts", Annotation),
        }
    )


def _matrix(tree: dict[str, Any]) -> Matrix:
    return as_matrix(np.array(tree["world_from_source"], dtype=np.float64))


def as_matrix(matrix: Float64[np.ndarray, "4 4"]) -> Matrix:
    """A 4x4 array as the nested tuple that a manifest holds."""
    a, b, c, d = (tuple(float(x) for x in row) for row in matrix)
    return (a, b, c, d)  # type: ignore[return-value]  # four rows of four


def object_digest(item: ManifestObject) -> str:
    """A digest of what an object's geometry and looks depend on: its files and its map into the world frame."""
    return digest_of([item.files, item.world_from_source])

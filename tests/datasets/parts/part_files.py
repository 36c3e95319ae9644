"""One labelled cloud written in the four published formats, each through the inverse of its published map."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import h5py
import numpy as np

from pipeline.datasets.alignment import PlacedMesh, place_mesh
from pipeline.datasets.axes import SHAPENET_V1, SHAPENET_V2
from pipeline.datasets.categories import Category
from pipeline.datasets.parts.shapenet_part import FIRST_LABEL
from pipeline.datasets.records import ObjectKey
from pipeline.synthetic.normalised import normalised, points_at, sampled
from pipeline.synthetic.synthesize import make_object

LONGEST_EDGE = 0.7
V1_FROM_V2 = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])  # x1 = -z2, z1 = x2
PARTNET_FROM_V2 = np.diag([-1.0, 1.0, -1.0])
LEAF = 100  # PartNet's leaf of label 0; that of label n is LEAF + n


@dataclass(frozen=True)
class Labelled:
    """An object in ShapeNetCore v2's frame, and points on it with labels that count from 1."""

    key: ObjectKey
    vertices: np.ndarray
    faces: np.ndarray
    xyz: np.ndarray
    label: np.ndarray

    def centre(self) -> np.ndarray:
        return (self.vertices.max(axis=0) + self.vertices.min(axis=0)) / 2

    def in_v1(self, points: np.ndarray) -> np.ndarray:
        """The box's centre at the origin; the diagonal is 1 in both releases."""
        return (points - self.centre()) @ V1_FROM_V2.T

    def mesh(self, release: str) -> PlacedMesh:
        faces = self.faces.astype(np.int32)
        if release == "shapenet-v1":
            return place_mesh(self.in_v1(self.vertices), faces, SHAPENET_V1, LONGEST_EDGE)
        return place_mesh(self.vertices, faces, SHAPENET_V2, LONGEST_EDGE)


@cache
def labelled(category: str, index: int, parts: int, points: int = 10_000, noise: float = 0.0) -> Labelled:
    """Made-up object `index`; `noise` is the deviation of normal noise on each coordinate of the points."""
    made = make_object(category, index, 7)
    mesh = normalised(made)
    rng = np.random.default_rng(100 + index)
    at = sampled(mesh, points, rng)
    xyz = points_at(mesh, at) + noise * rng.standard_normal((points, 3))
    label = 1 + mesh.face_piece[at.face] % parts
    return Labelled(made.key, mesh.vertices, mesh.faces, xyz, label)


def write(file: Path, text: str) -> None:
    """With the folders above it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def rows(points: np.ndarray, decimals: int = 6) -> str:
    return "".join(" ".join(f"{number:.{decimals}f}" for number in point) + "\n" for point in points)


def write_v0(root: Path, category: Category, things: Sequence[Labelled]) -> None:
    for thing in things:
        folder = root / category.synset
        write(folder / "points" / f"{thing.key.id}.pts", rows(thing.in_v1(thing.xyz), 5))
        write(folder / "points_label" / f"{thing.key.id}.seg", "".join(f"{number}\n" for number in thing.label))


def write_normal(root: Path, category: Category, things: Sequence[Labelled]) -> None:
    first = FIRST_LABEL[str(category.shapenet_part)]
    for thing in things:
        lines = [
            f"{point} 0.000000 1.000000 0.000000 {first + number - 1:.6f}\n"
            for point, number in zip(rows(thing.in_v1(thing.xyz)).splitlines(), thing.label, strict=True)
        ]
        write(root / category.synset / f"{thing.key.id}.txt", "".join(lines))


def write_stats(root: Path, category: Category, things: Sequence[Labelled]) -> None:
    """Every class has one raw path of the same name. Annotation n is that of object n; all are in the first split."""
    name = str(category.partnet)
    paths = [f"{category.name}/part_{number}" for number in range(1, 1 + len(category.partnet_names))]
    texts = {
        f"after_merging_label_ids/{name}-level-1.txt": "".join(f"{n} {path} leaf\n" for n, path in enumerate(paths)),
        f"merging_hierarchy_mapping/{name}.txt": "".join(f"{path} {path}\n" for path in paths),
        f"train_val_test_split/{name}.train.json": json.dumps(
            [{"model_id": thing.key.id, "anno_id": str(number)} for number, thing in enumerate(things)]
        ),
        f"train_val_test_split/{name}.val.json": "[]",
        f"train_val_test_split/{name}.test.json": "[]",
    }
    for file, text in texts.items():
        write(root / "stats" / file, text)


def write_folders(root: Path, category: Category, things: Sequence[Labelled]) -> None:
    """Any centre and scale, the surface in two pieces."""
    write_stats(root, category, things)
    leaves = [{"name": "other", "id": LEAF, "objs": []}]
    leaves += [
        {"name": f"part_{number}", "id": LEAF + number, "objs": ["original-1"]}
        for number in range(1, 1 + len(category.partnet_names))
    ]
    for number, thing in enumerate(things):
        scale, shift = 1.9 + 0.1 * number, np.array([0.05, -0.31, 0.12])
        folder = root / "data_v0" / str(number)
        write(folder / "result.json", json.dumps([{"name": category.name, "id": 0, "children": leaves}]))
        write(folder / "point_sample/pts-10000.txt", rows(scale * (thing.xyz @ PARTNET_FROM_V2.T) + shift))
        write(folder / "point_sample/label-10000.txt", "".join(f"{LEAF + n}\n" for n in thing.label))
        vertices = scale * (thing.vertices @ PARTNET_FROM_V2.T) + shift
        half = len(thing.faces) // 2
        for piece, faces in (("original-1", thing.faces[:half]), ("new-2", thing.faces[half:])):
            used, local = np.unique(faces, return_inverse=True)
            lines = [f"v {point}\n" for point in rows(vertices[used]).splitlines()]
            lines += [f"f {a} {b} {c}\n" for a, b, c in 1 + local.reshape(-1, 3)]
            write(folder / f"objs/{piece}.obj", "".join(lines))


def write_h5(root: Path, category: Category, things: Sequence[Labelled]) -> None:
    """In two files; behind the points that count stands what does not. The ids stand in `stats/` only."""
    write_stats(root, category, things)
    folder = root / "sem_seg_h5" / f"{category.partnet}-1"
    folder.mkdir(parents=True)
    half = (len(things) + 1) // 2
    for number, some in enumerate((things[:half], things[half:])):
        count = len(things[0].xyz) + 5
        data = np.full((len(some), count, 3), 9.0, dtype=np.float32)
        label = np.full((len(some), count), 1, dtype=np.int32)
        for row, thing in enumerate(some):
            points = 1.7 * (thing.xyz @ PARTNET_FROM_V2.T)
            points -= (points.max(axis=0) + points.min(axis=0)) / 2
            data[row, :-5] = points / np.linalg.norm(points, axis=1).max()
            label[row, :-5] = thing.label
        with h5py.File(folder / f"train-{number:02d}.h5", "w") as file:
            file["data"], file["label_seg"] = data, label
            file["data_num"] = np.full(len(some), count - 5, dtype=np.int32)

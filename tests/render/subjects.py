"""What is drawn for comparison: made-up objects of all categories, and the real samples."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from _pytest.mark import ParameterSet
from jaxtyping import Float64, Int64

from pipeline.config.settings import load_settings
from pipeline.datasets.categories import CATEGORIES
from pipeline.datasets.meshes.shapenet import ShapeNet
from pipeline.datasets.records import Mesh, ObjectKey
from render.cameras import camera_directions, hemisphere_poses
from render.prepared_mesh import PreparedMesh, prepare
from render.raycast import Hits, RayCaster, rays_at

SETTINGS = load_settings()
CAMERA = SETTINGS.camera
GRID = 4  # squared: rays in a pixel
POSES = hemisphere_poses(np.random.default_rng(0), 10, CAMERA.radius)
CHAIR, CAR, MOTORCYCLE = (
    ("shapenet_v2", "03001627", "88382b877be91b2a572f8e1c1caad99e"),
    ("shapenet_v2", "02958343", "24d7494c6b92c6e7c1bbb501b1d87871"),
    ("shapenet_v2", "03790512", "923ce819405ae29230c72ee872e188e1"),
)
OLD_CHAIR = ("shapenet_v1", "03001627", "21bfb150cfc23accb01c58badc8bbc39")
REAL = (
    CHAIR,
    CAR,
    MOTORCYCLE,
    OLD_CHAIR,
    ("shapenet_v1", "02691156", "1a04e3eab45ca15dd86060f189eb133"),
    ("shapenet_v2", "02691156", "1a04e3eab45ca15dd86060f189eb133"),
    ("shapenet_v2", "02691156", "a0d3a490ee1b74762a4947824596dce3"),
    ("shapenet_v2", "02876657", "unknown_id_Ryeoryeon"),
)
SHORT = (CHAIR, OLD_CHAIR, CAR)  # the others are drawn in the long tests


@dataclass(frozen=True)
class Subject:
    """An object below `root`, a ShapeNetCore folder of `release`."""

    root: Path
    release: str
    key: ObjectKey


def made_up_of(category: str, root: Path) -> Subject:
    synset = next(one.synset for one in CATEGORIES if one.name == category)
    return Subject(root, "shapenet-v2", ObjectKey(synset, f"madeup-{category}-0000"))


def real_of(name: tuple[str, str, str], samples: Path) -> Subject:
    folder, synset, identity = name
    return Subject(samples / folder, folder.replace("_", "-"), ObjectKey(synset, identity))


EVERY_CATEGORY = tuple(category.name for category in CATEGORIES)


def any_subject(name: str | tuple[str, str, str], request: pytest.FixtureRequest) -> Subject:
    """A made-up object by its category, or a real one, for which the folder of samples is asked for."""
    if isinstance(name, str):
        return made_up_of(name, request.getfixturevalue("made_up"))
    return real_of(name, request.getfixturevalue("samples"))


def on_subjects(*names: str | tuple[str, str, str]) -> pytest.MarkDecorator:
    """Runs a test that takes `name` with each of them."""
    return pytest.mark.parametrize("name", [_param(name) for name in names])


def _param(name: str | tuple[str, str, str]) -> ParameterSet:
    if isinstance(name, str):
        return pytest.param(name, id=f"made-up-{name}")
    marks = [pytest.mark.samples] if name in SHORT else [pytest.mark.samples, pytest.mark.long]
    return pytest.param(name, id=f"{name[0][-2:]}-{name[2][:8]}", marks=marks)


@cache
def mesh_of(subject: Subject) -> PreparedMesh:
    """In the world frame: about the origin, the longest edge as in the settings."""
    mesh = ShapeNet(subject.root, subject.release).read_mesh(subject.key)
    return prepare(mesh, _into_world(mesh))


def _into_world(mesh: Mesh) -> Float64[np.ndarray, "4 4"]:
    used = mesh.vertices[np.unique(mesh.faces)]
    low, high = used.min(axis=0), used.max(axis=0)
    scale = SETTINGS.manifest.longest_edge / (high - low).max()
    matrix = np.diag([scale, scale, scale, 1.0])
    matrix[:3, 3] = -scale * (low + high) / 2
    return matrix


def hits_of(
    caster: RayCaster, pose: Float64[np.ndarray, "4 4"], grid: int = GRID
) -> tuple[Hits, Int64[np.ndarray, " hit"]]:
    """What a view's rays hit, grid x grid a pixel, counted row by row of a finer image; and the pixel of each hit."""
    rays = rays_at(caster.mesh, pose, CAMERA, grid)
    directions = camera_directions(CAMERA.size, CAMERA.angle_x, grid)[rays] @ pose[:3, :3].T
    hits = caster.cast(pose[:3, 3], directions)
    hits = replace(hits, ray=rays[hits.ray])
    row, column = np.divmod(hits.ray, CAMERA.size * grid)
    return hits, row // grid * CAMERA.size + column // grid


@cache
def coverage_of_views(subject: Subject, grid: int = GRID, views: int = len(POSES)) -> Float64[np.ndarray, "views h w"]:
    """The share of each pixel's grid x grid rays that hit."""
    caster, size = RayCaster(mesh_of(subject)), CAMERA.size
    counts = [np.bincount(hits_of(caster, pose, grid)[1], minlength=size**2) for pose in POSES[:views]]
    return np.stack(counts).reshape(-1, size, size) / grid**2

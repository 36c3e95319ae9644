"""Made-up objects whose every pixel is known: labels by ray casting, and true coordinates as a descriptor."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from jaxtyping import Float32, Float64, Int64
from torch import Tensor

from eval.transfer.point_labels import PointLabels
from eval.transfer.view_transfer import keypoint_pixels
from eval.views import ViewLabels
from pipeline.config.settings import Camera, load_settings
from pipeline.datasets.records import Mesh, ObjectKey
from pipeline.synthetic.synthesize import make_object
from render.cameras import camera_directions, hemisphere_poses, unproject
from render.labels import visible_keypoints
from render.prepared_mesh import prepare
from render.raycast import RayCaster, cast_depth

CAMERA: Camera = load_settings().camera
EDGE = load_settings().manifest.longest_edge
TOLERANCE = 0.01
# Every point of an object lies nearer to the origin than this: half the diagonal of a cube of the longest edge.
RADIUS = EDGE * np.sqrt(3) / 2


def lifted(xyz: Float64[np.ndarray, "n 3"]) -> Tensor:
    """Points on a sphere in 4D, so that the most similar is the nearest: cosine cannot tell points of one ray."""
    return torch.from_numpy(np.concatenate([xyz, np.sqrt(RADIUS**2 - (xyz**2).sum(1, keepdims=True))], axis=1))


@dataclass(frozen=True)
class KnownObject:
    """An object in the world frame with views of it; `surface` is the world point that each pixel shows."""

    keypoint_xyz: Float64[np.ndarray, "k 3"]
    depth: Float32[np.ndarray, "views h w"]
    surface: Float64[np.ndarray, "views h w 3"]
    labels: tuple[ViewLabels, ...]
    points: PointLabels


@cache
def known_object(category: str, index: int, views: int) -> KnownObject:
    """Object `index` of the generator; parts are those of the pieces that the rays hit.

    A piece without a part counts as part 1, so that the whole foreground is labelled.
    """
    made = make_object(category, index, seed=0)
    surfaces = [piece.surface for piece in made.pieces]
    first = np.cumsum([0, *(len(surface.vertices) for surface in surfaces)])
    vertices = np.concatenate([surface.vertices for surface in surfaces])
    faces = np.concatenate([surface.faces + start for surface, start in zip(surfaces, first[:-1], strict=True)])
    label = np.repeat([max(1, piece.label) for piece in made.pieces], [len(surface.faces) for surface in surfaces])
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    world = np.diag([EDGE / (high - low).max()] * 3 + [1.0])
    world[:3, 3] = -world[0, 0] * (low + high) / 2
    # Parts travel in the place of materials: `prepare` drops faces.
    mesh = Mesh(vertices, faces.astype(np.int32), np.zeros((len(faces), 3, 2)), label.astype(np.int32), ())
    caster = RayCaster(prepare(mesh, world))
    poses = hemisphere_poses(np.random.default_rng(index), views, CAMERA.radius)
    depth = np.stack([cast_depth(caster, pose, CAMERA) for pose in poses])
    keypoints = np.full((max(k.semantic_id for k in made.keypoints) + 1, 3), np.nan)
    for keypoint in made.keypoints:
        surface = surfaces[keypoint.piece]
        corner = surface.vertices[surface.faces[keypoint.face]]
        keypoints[keypoint.semantic_id] = world[0, 0] * (keypoint.weights @ corner) + world[:3, 3]
    uv, visible = visible_keypoints(keypoints, depth, poses, CAMERA, TOLERANCE)
    part = np.stack([_parts(caster, pose) for pose in poses])
    surface = np.stack([unproject(d, pose, CAMERA.angle_x) for d, pose in zip(depth, poses, strict=True)])
    here = caster.mesh.vertices[caster.mesh.faces].mean(axis=1).astype(np.float32)
    points = PointLabels(
        keypoints.astype(np.float32),
        np.isfinite(keypoints).all(axis=1),
        here,
        caster.mesh.face_material.astype(np.uint8),
        np.concatenate([here[::2], keypoints[np.isfinite(keypoints).all(axis=1)].astype(np.float32)]),
    )
    labels = tuple(ViewLabels(uv[v], visible[v], part[v], depth[v] > 0) for v in range(views))
    return KnownObject(keypoints, depth, surface, labels, points)


def _parts(caster: RayCaster, pose: Float64[np.ndarray, "4 4"]) -> np.ndarray:
    directions = camera_directions(CAMERA.size, CAMERA.angle_x) @ pose[:3, :3].T
    face = caster.first_faces(pose[:3, 3], directions)
    label = np.where(face >= 0, caster.mesh.face_material[np.maximum(face, 0)], 0)
    return label.reshape(CAMERA.size, CAMERA.size).astype(np.uint8)


@dataclass(frozen=True)
class TrueCoordinates:
    """The oracle: the point that a pixel shows, lifted to a sphere; the origin where a pixel shows nothing.

    In the image that is seen, a pixel that stands for a visible keypoint shows the keypoint: a ray through its centre
    may pass beside it, and labels count it as seen all the same. In other views, where keypoints are looked for, every
    pixel shows what its ray hits. `exact` is false for the rays' own points throughout.
    """

    known: KnownObject
    name: str = "true coordinates"
    exact: bool = True

    def at_pixels(self, _key: ObjectKey, seen: int, view: int, pixels: Int64[np.ndarray, "n 2"]) -> Tensor:
        xyz = np.where(self.known.depth[view][..., None] > 0, self.known.surface[view], 0.0)
        if self.exact and view == seen:
            labels = self.known.labels[view]
            ids = np.flatnonzero(labels.keypoint_visible)
            xyz[tuple(keypoint_pixels(labels, ids).T)] = self.known.keypoint_xyz[ids]
        return lifted(xyz[tuple(pixels.T)])

    def at_points(self, _key: ObjectKey, _view: int, points: Float32[np.ndarray, "n 3"]) -> Tensor:
        return lifted(points.astype(np.float64))

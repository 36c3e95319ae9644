"""Photographs of made-up objects, as a person with a telephone would take them around a table.

The camera wanders: its distance, height, tilt, aim and focal length change from frame to frame, and its principal point
is off the image's middle. The background has colours, the light a tint, the sensor noise, and the mask soft edges that
do not quite fit.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, UInt8
from scipy.ndimage import gaussian_filter

from pipeline.config.settings import Camera
from pipeline.datasets.alignment import place_mesh, transform
from pipeline.datasets.axes import WORLD
from pipeline.datasets.records import Mesh
from pipeline.datasets.views.view_source import Intrinsics
from pipeline.synthetic.draws import named_generator
from pipeline.synthetic.normalised import Normalised, normalised, points_at, sampled
from pipeline.synthetic.pieces import MadeUpObject
from pipeline.synthetic.synthesize import make_object
from render.backends.raycast import RaycastBackend
from render.cameras import camera_directions, orbit_pose
from render.labels import part_maps, visible_keypoints
from render.prepared_mesh import PreparedMesh, prepare
from render.raycast import RayCaster, cast_depth

LONGEST_EDGE = 0.7
RADIUS = 1.3  # of the median camera
PART_POINTS = 2000
CANDIDATES = 1000
TOLERANCE = 0.01  # of a keypoint behind the surface, as in section label
PART_DISTANCE = 0.05


@dataclass(frozen=True)
class Subject:
    """A made-up object in the world, with its labels."""

    mesh: PreparedMesh
    keypoint_id: tuple[int, ...]
    keypoints: Float64[np.ndarray, "k 3"]
    candidates: Float64[np.ndarray, "m 3"]
    part_points: Float64[np.ndarray, "n 3"]
    part_label: UInt8[np.ndarray, " n"]


@dataclass(frozen=True)
class Photograph:
    """A photograph of `height` x `width`, its camera in the world, its mask, and its labels in its own pixels."""

    rgb: UInt8[np.ndarray, "h w 3"]
    mask: UInt8[np.ndarray, "h w"]
    pose: Float64[np.ndarray, "4 4"]
    intrinsics: Intrinsics
    part: UInt8[np.ndarray, "h w"]
    keypoint_uv: Float64[np.ndarray, "k 2"]
    keypoint_visible: Bool[np.ndarray, " k"]


def make_subject(category: str, index: int, seed: int) -> Subject:
    """Object `index` of a seed, centred, upright, with the longest edge of the default settings."""
    made = make_object(category, index, seed)
    shape = normalised(made)
    mesh = _mesh(made, shape)
    world = place_mesh(mesh.vertices, mesh.faces, WORLD, LONGEST_EDGE).world_from_mesh
    rng = named_generator("photographed points", category, seed, index)
    parts, candidates = sampled(shape, PART_POINTS, rng), sampled(shape, CANDIDATES, rng)
    corners = shape.vertices[shape.faces[shape.keypoint_face]]
    labels = np.array([piece.label for piece in made.pieces], dtype=np.uint8)
    return Subject(
        mesh=prepare(mesh, world),
        keypoint_id=tuple(keypoint.semantic_id for keypoint in made.keypoints),
        keypoints=transform(world, np.einsum("kc,kcd->kd", shape.keypoint_weights, corners)),
        candidates=transform(world, points_at(shape, candidates)),
        part_points=transform(world, points_at(shape, parts)),
        part_label=labels[shape.face_piece[parts.face]],
    )


def take_photographs(subject: Subject, frames: int, size: int, *names: str | int) -> list[Photograph]:
    """Walk around the subject once. `size` is the shorter side in pixels, a multiple of 8. `names` seed all draws."""
    rng = named_generator("photographs", *names)
    longer = size * 5 // 4
    height, width = (size, longer) if rng.random() < 0.5 else (longer, size)
    scene = _drawn_scene(rng, float(subject.mesh.vertices[:, 1].min()))
    caster = RayCaster(subject.mesh)
    start, phase = rng.uniform(0, 360), rng.uniform(0, 2 * np.pi, 4)
    taken = []
    for frame in range(frames):
        turn = 2 * np.pi * frame / frames
        pose = _wandering_pose(rng, start, turn, phase)
        # From the median distance the object's longest edge spans 0.35 to 0.6 of the shorter side.
        focal = size * (0.475 + 0.125 * np.sin(3 * turn + phase[3])) / LONGEST_EDGE * RADIUS
        centre = np.array([width, height]) // 2 + np.round(0.04 * size * rng.normal(size=2)).astype(int)
        intrinsics = Intrinsics(float(focal), float(focal), float(centre[0]), float(centre[1]))
        taken.append(_photograph(subject, caster, scene, pose, intrinsics, (height, width), rng))
    return taken


@dataclass(frozen=True)
class _Scene:
    """The surroundings of an object in a made-up photograph. Colours are 0..1; `gain` is the tint of the light."""

    ground: float
    tiles: Float64[np.ndarray, "2 3"]
    tile: float
    wall: Float64[np.ndarray, "3"]
    waves: Float64[np.ndarray, "waves 3"]
    shades: Float64[np.ndarray, "waves 3"]
    gain: Float64[np.ndarray, "3"]


def _drawn_scene(rng: np.random.Generator, ground: float) -> _Scene:
    gain = rng.uniform(0.55, 1.2) * rng.uniform(0.85, 1.15, 3)
    return _Scene(
        ground,
        rng.uniform(0.15, 0.9, (2, 3)),
        rng.uniform(0.2, 0.6),
        rng.uniform(0.2, 0.8, 3),
        rng.normal(0, 3, (4, 3)),
        rng.uniform(-0.12, 0.12, (4, 3)),
        gain,
    )


def _wandering_pose(
    rng: np.random.Generator, start: float, turn: float, phase: Float64[np.ndarray, "4"]
) -> Float64[np.ndarray, "4 4"]:
    """A camera on its way around the object, which does not quite look at the object and is not quite level."""
    azimuth = start + np.degrees(turn) + 2 * rng.normal()
    elevation = 28 + 14 * np.sin(2 * turn + phase[0]) + rng.normal()
    pose = orbit_pose(azimuth, elevation, RADIUS * (1 + 0.08 * np.sin(turn + phase[1]) + 0.01 * rng.normal()))
    aside, up, roll = np.radians([1.5, 1.5, 2]) * rng.normal(size=3)
    turned = _about(1, aside) @ _about(0, up) @ _about(2, roll)
    pose[:3, :3] = pose[:3, :3] @ turned
    return pose


def _about(axis: int, angle: float) -> Float64[np.ndarray, "3 3"]:
    """The rotation about a camera axis."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    turn = np.eye(3)
    turn[first, first] = turn[second, second] = np.cos(angle)
    turn[second, first] = np.sin(angle)
    turn[first, second] = -np.sin(angle)
    return turn


def _photograph(
    subject: Subject,
    caster: RayCaster,
    scene: _Scene,
    pose: Float64[np.ndarray, "4 4"],
    intrinsics: Intrinsics,
    shape: tuple[int, int],
    rng: np.random.Generator,
) -> Photograph:
    """Render a square about the principal point, which the renderer can, and cut the photograph out of it exactly."""
    height, width = shape
    column, row = int(intrinsics.cx), int(intrinsics.cy)
    half = 2 * ((max(column, width - column, row, height - row) + 1) // 2)
    camera = Camera(views=1, size=2 * half, angle_x=2 * float(np.arctan(half / intrinsics.fx)))
    window = np.s_[half - row : half - row + height, half - column : half - column + width]
    poses = pose[None]
    rgba = RaycastBackend(camera, "shaded").draw(subject.mesh, poses)[0][window].astype(np.float64) / 255
    depth = cast_depth(caster, pose, camera)[None]
    part = part_maps(subject.part_points, subject.part_label, depth, poses, camera, PART_DISTANCE)[0][window]
    uv, visible = visible_keypoints(subject.keypoints, depth, poses, camera, TOLERANCE)
    uv = uv[0].astype(np.float64) - [half - column, half - row]
    visible = visible[0] & (uv >= 0).all(axis=1) & (uv < [width, height]).all(axis=1)
    directions = camera_directions(camera.size, camera.angle_x).reshape(camera.size, camera.size, 3)[window]
    behind = _background(scene, pose[:3, 3], directions.reshape(-1, 3) @ pose[:3, :3].T).reshape(height, width, 3)
    alpha = rgba[..., 3:]
    colour = (rgba[..., :3] * alpha + behind * (1 - alpha)) * scene.gain
    noisy = colour + rng.normal(0, 0.012, colour.shape)
    rgb = np.rint(255 * np.clip(noisy, 0, 1)).astype(np.uint8)
    return Photograph(rgb, _soft_mask(alpha[..., 0], rng), pose, intrinsics, part, uv, visible)


def _background(
    scene: _Scene, eye: Float64[np.ndarray, "3"], directions: Float64[np.ndarray, "n 3"]
) -> Float64[np.ndarray, "n 3"]:
    """Walls that are infinitely far away, and a ground of tiles on which the object stands."""
    colour = scene.wall + np.sin(directions @ scene.waves.T) @ scene.shades
    down = directions[:, 1] < -0.02
    reach = (scene.ground - eye[1]) / directions[down, 1]
    place = eye[[0, 2]] + reach[:, None] * directions[down][:, [0, 2]]
    odd = np.floor(place / scene.tile).sum(axis=1).astype(int) % 2
    colour[down] = scene.tiles[odd]
    return np.clip(colour, 0, 1)


def _soft_mask(alpha: Float64[np.ndarray, "h w"], rng: np.random.Generator) -> UInt8[np.ndarray, "h w"]:
    """The probabilities of a segmentation: soft edges that err by a pixel or two here and there, at most 254."""
    pixel = min(alpha.shape) / 256  # of the size that the widths below are for
    error = gaussian_filter(rng.normal(size=alpha.shape), 6 * pixel)
    error *= 0.12 / max(float(error.std()), 1e-9)
    steep = 6 * (gaussian_filter(alpha, 1.2 * pixel) - 0.5 + error * (gaussian_filter(alpha, 3 * pixel) > 0.02))
    probability = 1 / (1 + np.exp(-2 * steep))
    return np.rint(254 * np.where(probability < 0.02, 0, probability)).astype(np.uint8)


def _mesh(made: MadeUpObject, shape: Normalised) -> Mesh:
    """The object with its colours."""
    names = list(made.materials)
    of_piece = np.array([names.index(piece.material) for piece in made.pieces], dtype=np.int32)
    materials = tuple(made.materials.values())
    return Mesh(shape.vertices, shape.faces, shape.uv, of_piece[shape.face_piece], materials)

"""Every data set's points must land on the mesh of their object, in the world."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from pipeline.categories import category_named
from pipeline.datasets.alignment import (
    bounds_of,
    surface_bounds,
    transform,
    world_from_keypointnet,
    world_from_partnet,
    world_from_shapenet,
    world_from_shapenet_part,
)
from pipeline.datasets.keypointnet import read_keypoints, with_candidates
from pipeline.datasets.partnet import open_partnet, read_bounds, read_parts
from pipeline.datasets.records import Material, Mesh, ObjectKey
from pipeline.datasets.shapenet import read_mesh
from pipeline.datasets.shapenet_part import read_parts as read_shapenet_parts
from pipeline.datasets.surface_distance import surface_distance

# One object in the world, by hand: 0.4 wide, 0.7 high, 0.2 deep; its nose is at the front (-Z), on the right, high up.
WORLD = np.array([[-0.2, -0.35, 0.1], [0.2, -0.35, 0.1], [-0.2, 0.35, 0.1], [0.15, 0.3, -0.1]])
FACES = np.array([[0, 1, 2], [0, 1, 3], [1, 2, 3]], dtype=np.int32)
DIAGONAL = np.sqrt(0.4**2 + 0.7**2 + 0.2**2)
VERSIONS = ("shapenet-v1", "shapenet-v2")


def in_v1(world: np.ndarray) -> np.ndarray:
    """World to v1's frame: the front -Z becomes +X, the right +X becomes +Z; diagonal 1, box centre at the origin."""
    return np.stack([-world[:, 2], world[:, 1], world[:, 0]], axis=1) / DIAGONAL


def in_v2(world: np.ndarray) -> np.ndarray:
    """World to v2's frame: same axes, diagonal 1, the mean of the vertices at the origin."""
    return (world - WORLD.mean(axis=0)) / DIAGONAL


def in_partnet(world: np.ndarray) -> np.ndarray:
    """World to PartNet's frame: the front is +Z, so the right is -X; any size and origin."""
    return np.stack([-world[:, 0], world[:, 1], -world[:, 2]], axis=1) * 1.7 + [0.01, -0.2, 0.3]


def made_up(version: str) -> Mesh:
    vertices = in_v1(WORLD) if version == "shapenet-v1" else in_v2(WORLD)
    grey = (Material((0.5, 0.5, 0.5), None),)
    return Mesh(vertices, FACES, np.zeros((3, 3, 2)), np.zeros(3, dtype=np.int32), grey)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_frame_lands_on_the_same_object(version):
    mesh = made_up(version)
    world = world_from_shapenet(version, surface_bounds(mesh), 0.7)
    assert transform(world, mesh.vertices) == pytest.approx(WORLD, abs=1e-12)
    points = np.concatenate([WORLD, [[0.05, 0.1, -0.02]]])
    keypoints = world_from_keypointnet(version, world, mesh.vertices)
    assert transform(keypoints, in_v2(points)) == pytest.approx(points, abs=1e-12)
    part = world_from_shapenet_part(version, world, bounds_of(mesh.vertices))
    assert transform(part, in_v1(points)) == pytest.approx(points, abs=1e-12)
    partnet = world_from_partnet(version, world, surface_bounds(mesh), bounds_of(in_partnet(WORLD)))
    assert transform(partnet, in_partnet(points)) == pytest.approx(points, abs=1e-12)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_vertex_without_face_moves_nothing(version):
    """A stray vertex is part of ShapeNet's normalisation, and no part of what is seen."""
    stray = np.array([[0.9, 0.0, 0.0]])
    everything = np.concatenate([WORLD, stray])
    box = bounds_of(everything)
    diagonal, centre = np.linalg.norm(np.ptp(box, axis=0)), box.mean(axis=0)

    def v1(world: np.ndarray) -> np.ndarray:
        return in_v1(world - centre) * DIAGONAL / diagonal

    def v2(world: np.ndarray) -> np.ndarray:
        return (world - everything.mean(axis=0)) / diagonal

    vertices = v1(everything) if version == "shapenet-v1" else v2(everything)
    mesh = Mesh(vertices, FACES, np.zeros((3, 3, 2)), np.zeros(3, dtype=np.int32), (Material((0.5, 0.5, 0.5), None),))
    world = world_from_shapenet(version, surface_bounds(mesh), 0.7)
    assert transform(world, mesh.vertices[:4]) == pytest.approx(WORLD, abs=1e-12)
    assert transform(world_from_keypointnet(version, world, vertices), v2(WORLD)) == pytest.approx(WORLD, abs=1e-12)
    part = world_from_shapenet_part(version, world, bounds_of(vertices))
    assert transform(part, v1(WORLD)) == pytest.approx(WORLD, abs=1e-12)
    partnet = world_from_partnet(version, world, surface_bounds(mesh), bounds_of(in_partnet(WORLD)))
    assert transform(partnet, in_partnet(WORLD)) == pytest.approx(WORLD, abs=1e-12)


def test_repeated_vertices_of_v1_do_not_shift_keypoints():
    vertices = np.concatenate([in_v1(WORLD), in_v1(WORLD)[:1]])
    world = world_from_shapenet("shapenet-v1", bounds_of(vertices), 0.7)
    moved = transform(world_from_keypointnet("shapenet-v1", world, vertices), in_v2(WORLD))
    assert moved == pytest.approx(WORLD, abs=1e-12)


@given(
    st.tuples(*[st.floats(-5, 5)] * 3),
    st.tuples(*[st.floats(0.01, 5)] * 3),
    st.floats(0.1, 3),
    st.sampled_from(VERSIONS),
)
def test_the_world_box(corner, extent, longest_edge, version):
    bounds = np.array([corner, np.add(corner, extent)])
    matrix = world_from_shapenet(version, bounds, longest_edge)
    box = bounds_of(transform(matrix, bounds))
    assert np.ptp(box, axis=0).max() == pytest.approx(longest_edge)
    assert box.mean(axis=0) == pytest.approx([0, 0, 0], abs=1e-9)
    scale = np.cbrt(np.linalg.det(matrix[:3, :3]))
    assert scale > 0  # no mirror
    assert matrix[:3, :3] @ matrix[:3, :3].T == pytest.approx(scale**2 * np.eye(3), abs=1e-9)


def test_boxes_without_extent():
    flat = np.zeros((2, 3))
    with pytest.raises(ValueError, match="no extent"):
        world_from_shapenet("shapenet-v2", flat, 0.7)
    with pytest.raises(ValueError, match="no extent"):
        world_from_partnet("shapenet-v2", np.eye(4), np.array([[0.0] * 3, [1.0] * 3]), flat)


@pytest.mark.samples
def test_a_published_plane_is_the_same_in_both_releases(samples):
    key = ObjectKey("02691156", "1a04e3eab45ca15dd86060f189eb133")
    placed = []
    for version in VERSIONS:
        mesh = read_mesh(samples / version.replace("-", "_"), version, key)
        placed.append(transform(world_from_shapenet(version, surface_bounds(mesh), 1.0), mesh.vertices))
    first, second = placed
    assert len(first) == 1248
    distance, match = cKDTree(second).query(first)
    assert distance.max() < 1e-5
    assert len(set(match)) == 1248  # v2 has two more, of faces that v1 has lost


@pytest.mark.samples
@pytest.mark.parametrize(
    ("version", "name"),
    [("shapenet-v2", "88382b877be91b2a572f8e1c1caad99e"), ("shapenet-v1", "21bfb150cfc23accb01c58badc8bbc39")],
)
def test_published_keypoints_lie_on_their_chair(samples, version, name):
    chair = category_named("chair")
    key = ObjectKey(chair.synset, name)
    keypoints = read_keypoints(samples / "keypointnet", chair).keypoints[name]
    keypoints = with_candidates(samples / "keypointnet", key, keypoints)
    mesh = read_mesh(samples / version.replace("-", "_"), version, key)
    world = world_from_shapenet(version, surface_bounds(mesh), 1.0)
    vertices = transform(world, mesh.vertices)
    matrix = world_from_keypointnet(version, world, mesh.vertices)
    for points in (keypoints.xyz, keypoints.candidates):
        distance = surface_distance(vertices, mesh.faces, transform(matrix, points))
        assert distance.max() < 3e-6  # of the longest edge; the files have six decimals


@pytest.mark.samples
def test_published_frames_have_their_fronts_where_this_says(samples):
    """In the world the front is -Z: a plane's tail and a chair's back are at positive z, whatever the data set."""
    plane = read_shapenet_parts(samples / "shapenet_part", ObjectKey("02691156", "1021a0914a7207aff927ed529ad90a11"))
    assert plane is not None
    partnet = open_partnet(samples / "partnet", category_named("chair"))
    name = "6f36520144753550f91663a74ccd2338"
    chair, objs = read_parts(partnet, name), read_bounds(partnet, name)
    assert chair is not None
    assert objs is not None
    for version in VERSIONS:
        part = world_from_shapenet_part(version, np.eye(4), np.array([[-0.5] * 3, [0.5] * 3]))
        box = np.array([[-0.5] * 3, [0.5] * 3])
        leaf = world_from_partnet(version, np.eye(4), box, objs)
        if version == "shapenet-v1":  # the mesh's own frame is turned into the world's
            turn = world_from_shapenet(version, box, 1.0)
            part, leaf = turn @ part, turn @ leaf
        tail, wing = (transform(part, plane.xyz)[plane.label == label] for label in (3, 2))
        assert tail[:, 2].mean() > 0.2
        assert np.ptp(wing[:, 0]) > 0.5
        back, base = (transform(leaf, chair.xyz)[chair.label == label] for label in (2, 4))
        assert back[:, 2].mean() > base[:, 2].mean() + 0.1
        assert back[:, 1].mean() > base[:, 1].mean() + 0.3


@pytest.mark.samples
@pytest.mark.parametrize("version", VERSIONS)
def test_published_partnet_points_fill_a_unit_diagonal(samples, version):
    partnet = open_partnet(samples / "partnet", category_named("chair"))
    name = "6f36520144753550f91663a74ccd2338"
    chair, objs = read_parts(partnet, name), read_bounds(partnet, name)
    assert chair is not None
    assert objs is not None
    # A surface box of the same shape with diagonal 1, as both releases have it; the turns swap x and z or keep them.
    half = np.ptp(objs, axis=0) / np.linalg.norm(np.ptp(objs, axis=0)) / 2
    half = half[::-1] if version == "shapenet-v1" else half
    moved = transform(world_from_partnet(version, np.eye(4), np.stack([-half, half]), objs), chair.xyz)
    assert np.abs(moved).max(axis=0) == pytest.approx(half, abs=0.01)

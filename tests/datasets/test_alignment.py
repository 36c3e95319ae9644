"""Every data set's points must land on the mesh of their object, in the world."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from pipeline.datasets.alignment import (
    PlacedMesh,
    place_mesh,
    point_bounds,
    transform,
    world_from_keypointnet,
    world_from_partnet,
    world_from_shapenet_part,
)
from pipeline.datasets.axes import SHAPENET_V1, SHAPENET_V2, WORLD, Axes, Direction, rotation
from pipeline.datasets.categories import category_named
from pipeline.datasets.keypointnet import read_keypoints, with_candidates
from pipeline.datasets.meshes.shapenet import Release, ShapeNet
from pipeline.datasets.parts.partnet import open_partnet_folders
from pipeline.datasets.parts.shapenet_part import ShapeNetPart
from pipeline.datasets.records import ObjectKey
from pipeline.datasets.surface_distance import surface_distance

# One object in the world, by hand: 0.4 wide, 0.7 high, 0.2 deep; its nose is at the front (-Z), on the right, high up.
POINTS = np.array([[-0.2, -0.35, 0.1], [0.2, -0.35, 0.1], [-0.2, 0.35, 0.1], [0.15, 0.3, -0.1]])
FACES = np.array([[0, 1, 2], [0, 1, 3], [1, 2, 3]], dtype=np.int32)
DIAGONAL = np.sqrt(0.4**2 + 0.7**2 + 0.2**2)
RELEASES: tuple[Release, ...] = ("shapenet-v1", "shapenet-v2")
AXES = {"shapenet-v1": SHAPENET_V1, "shapenet-v2": SHAPENET_V2}


def in_v1(world: np.ndarray) -> np.ndarray:
    """World to v1's frame: the front -Z becomes +X, the right +X becomes +Z; diagonal 1, box centre at the origin."""
    return np.stack([-world[:, 2], world[:, 1], world[:, 0]], axis=1) / DIAGONAL


def in_partnet(world: np.ndarray) -> np.ndarray:
    """World to PartNet's frame: the front is +Z, so the right is -X; any size and origin."""
    return np.stack([-world[:, 0], world[:, 1], -world[:, 2]], axis=1) * 1.7 + [0.01, -0.2, 0.3]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("stray", [np.zeros((0, 3)), np.array([[0.9, 0.0, 0.0]])])
def test_every_frame_lands_on_the_same_object(release, stray):
    """A vertex without a face is part of ShapeNet's normalisation, and no part of what is seen."""
    everything = np.concatenate([POINTS, stray])
    points = np.concatenate([POINTS, [[0.05, 0.1, -0.02]]])
    box = point_bounds(everything)
    diagonal, centre = np.linalg.norm(np.ptp(box, axis=0)), box.mean(axis=0)

    def v1(world: np.ndarray) -> np.ndarray:
        return in_v1(world - centre) * DIAGONAL / diagonal

    def v2(world: np.ndarray) -> np.ndarray:
        return (world - everything.mean(axis=0)) / diagonal

    file = (v1 if release == "shapenet-v1" else v2)(everything)
    if release == "shapenet-v1":
        file = np.concatenate([file, file[:1]])  # v1 repeats vertices, which must not shift keypoints
    mesh = place_mesh(file, FACES, AXES[release], 0.7)
    assert transform(mesh.world_from_mesh, mesh.vertices[:4]) == pytest.approx(POINTS, abs=1e-12)
    assert transform(world_from_keypointnet(mesh), v2(points)) == pytest.approx(points, abs=1e-12)
    assert transform(world_from_shapenet_part(mesh), v1(points)) == pytest.approx(points, abs=1e-12)
    partnet = world_from_partnet(mesh, point_bounds(in_partnet(POINTS)))
    assert transform(partnet, in_partnet(points)) == pytest.approx(points, abs=1e-12)


DIRECTIONS = get_args(Direction)
FRAMES = [Axes(up, front) for up in DIRECTIONS for front in DIRECTIONS if up[1] != front[1]]


def test_all_frames_are_turns_and_turn_back():
    assert len(FRAMES) == 24  # as many as a cube has
    for frame in FRAMES:
        turn = rotation(WORLD, frame)
        assert np.linalg.det(turn) == pytest.approx(1.0)
        assert rotation(frame, WORLD) @ turn == pytest.approx(np.eye(3))
        # Up becomes +Y, the front -Z.
        for direction, goal in ((frame.up, [0, 1, 0]), (frame.front, [0, 0, -1])):
            unit = (1 if direction[0] == "+" else -1) * np.eye(3)["xyz".index(direction[1])]
            assert turn @ unit == pytest.approx(goal)
    for up, front in (("+x", "-x"), ("+y", "+y")):
        with pytest.raises(ValueError, match="one axis"):
            Axes(up, front)


@given(
    st.tuples(*[st.floats(-5, 5)] * 3),
    st.tuples(*[st.floats(0.01, 5)] * 3),
    st.floats(0.1, 3),
    st.sampled_from(FRAMES),
)
def test_the_world_box(corner, extent, longest_edge, axes):
    low, high = np.array(corner), np.add(corner, extent)
    vertices = np.array([low, high, [low[0], high[1], low[2]], low - 7.0])  # the last has no face
    mesh = place_mesh(vertices, np.array([[0, 1, 2]], dtype=np.int32), axes, longest_edge)
    box = point_bounds(transform(mesh.world_from_mesh, vertices[:3]))
    assert np.ptp(box, axis=0).max() == pytest.approx(longest_edge)
    assert box.mean(axis=0) == pytest.approx([0, 0, 0], abs=1e-9)
    matrix = mesh.world_from_mesh
    scale = np.cbrt(np.linalg.det(matrix[:3, :3]))
    assert scale > 0  # no mirror
    assert matrix[:3, :3] @ matrix[:3, :3].T == pytest.approx(scale**2 * np.eye(3), abs=1e-9)


def test_boxes_without_extent():
    with pytest.raises(ValueError, match="no extent"):
        place_mesh(np.ones((3, 3)), np.array([[0, 1, 2]], dtype=np.int32), SHAPENET_V2, 0.7)
    with pytest.raises(ValueError, match="no extent"):
        world_from_partnet(place_mesh(POINTS, FACES, SHAPENET_V2, 0.7), np.zeros((2, 3)))


def published(samples: Path, release: Release, key: ObjectKey) -> PlacedMesh:
    source = ShapeNet(samples / release.replace("-", "_"), release)
    geometry = source.read_mesh(key)
    return place_mesh(geometry.vertices, geometry.faces, source.axes, 1.0)


@pytest.mark.samples
def test_a_published_plane_is_the_same_in_both_releases(samples):
    key = ObjectKey("02691156", "1a04e3eab45ca15dd86060f189eb133")
    meshes = [published(samples, release, key) for release in RELEASES]
    first, second = (transform(mesh.world_from_mesh, mesh.vertices) for mesh in meshes)
    assert len(first) == 1248
    distance, match = cKDTree(second).query(first)
    assert distance.max() < 1e-5
    assert len(set(match)) == 1248  # v2 has two more, of faces that v1 has lost


@pytest.mark.samples
@pytest.mark.parametrize(
    ("release", "name"),
    [("shapenet-v2", "88382b877be91b2a572f8e1c1caad99e"), ("shapenet-v1", "21bfb150cfc23accb01c58badc8bbc39")],
)
def test_published_keypoints_lie_on_their_chair(samples, release, name):
    chair = category_named("chair")
    key = ObjectKey(chair.synset, name)
    keypoints = read_keypoints(samples / "keypointnet", chair).keypoints[name]
    keypoints = with_candidates(samples / "keypointnet", key, keypoints)
    mesh = published(samples, release, key)
    vertices, matrix = transform(mesh.world_from_mesh, mesh.vertices), world_from_keypointnet(mesh)
    for points in (keypoints.xyz, keypoints.candidates):
        distance = surface_distance(vertices, mesh.faces, transform(matrix, points))
        assert distance.max() < 3e-6  # of the longest edge; the files have six decimals


@pytest.mark.samples
@pytest.mark.parametrize("axes", [SHAPENET_V1, SHAPENET_V2])
def test_published_frames_have_their_fronts_where_this_says(samples, axes):
    """In the world the front is -Z: a plane's tail and a chair's back are at positive z, whatever the data set."""
    box = np.array([[-0.5] * 3, [0.5] * 3])
    cube = place_mesh(np.concatenate([box, [[-0.5, 0.5, 0.5]]]), np.array([[0, 1, 2]], dtype=np.int32), axes, 1.0)
    planes = ShapeNetPart(samples / "shapenet_part", category_named("plane"))
    plane = planes.read(ObjectKey("02691156", "1021a0914a7207aff927ed529ad90a11"))
    chairs = open_partnet_folders(samples / "partnet", category_named("chair"))
    key = ObjectKey("03001627", "6f36520144753550f91663a74ccd2338")
    chair = chairs.read(key)
    part, leaf = world_from_shapenet_part(cube), chairs.world_from_source(key, chair, cube)
    tail, wing = (transform(part, plane.xyz)[plane.label == label] for label in (3, 2))
    assert tail[:, 2].mean() > 0.2
    assert np.ptp(wing[:, 0]) > 0.5
    back, base = (transform(leaf, chair.xyz)[chair.label == label] for label in (2, 4))
    assert back[:, 2].mean() > base[:, 2].mean() + 0.1
    assert back[:, 1].mean() > base[:, 1].mean() + 0.3

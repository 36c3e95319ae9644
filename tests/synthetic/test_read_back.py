"""Tables and bottles, one of each kind, through the readers of the published data sets."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.datasets.categories import category_named
from pipeline.datasets.keypointnet import read_keypoints
from pipeline.datasets.meshes.shapenet import ShapeNet
from pipeline.datasets.parts.releases import open_partnet
from pipeline.datasets.surface_distance import surface_distance
from pipeline.synthetic.generators import make_object
from pipeline.synthetic.normalised import normalised
from pipeline.synthetic.synthesize import synthesize_category

KINDS = 9
EVERY = [(category, index) for category in ("table", "bottle") for index in range(KINDS)]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("read-back")
    for category in ("table", "bottle"):
        synthesize_category(category, KINDS, 0, folder, lambda _: None)
    return folder


@pytest.mark.parametrize(("category", "index"), EVERY)
def test_meshes_come_back(root: Path, category: str, index: int) -> None:
    made = make_object(category, index, 0)
    mesh = ShapeNet(root / "ShapeNetCore.v2", "shapenet-v2").read_mesh(made.key)
    written = normalised(made)
    assert not mesh.look_notes
    assert np.abs(mesh.vertices - written.vertices).max() < 1e-9
    assert len(mesh.faces) == 2 * len(written.faces), "each with its twin"
    textured = sum(material.texture is not None for material in made.materials.values())
    assert sum(material.texture is not None for material in mesh.materials) == textured


@pytest.mark.parametrize(("category", "index"), EVERY)
def test_keypoints_come_back(root: Path, category: str, index: int) -> None:
    made = make_object(category, index, 0)
    annotated = read_keypoints(root / "KeypointNet", category_named(category))
    assert not annotated.rejected
    keypoints = annotated.keypoints[made.key.id]
    mesh = normalised(made)
    corners = mesh.vertices[mesh.faces[mesh.keypoint_face]]
    assert keypoints.semantic_id.tolist() == [keypoint.semantic_id for keypoint in made.keypoints]
    assert np.abs(np.einsum("kc,kcd->kd", mesh.keypoint_weights, corners) - keypoints.xyz).max() < 1e-6


@pytest.mark.parametrize(("category", "index"), EVERY)
def test_part_labels_come_back(root: Path, category: str, index: int) -> None:
    """Every point of a label lies on a piece of that label, once PartNet's turn by 180 degrees and scale are undone."""
    made = make_object(category, index, 0)
    partnet = open_partnet(root / "PartNet", category_named(category))
    parts = partnet.read(made.key)
    assert parts is not None
    labels = np.array([piece.label for piece in made.pieces])
    assert set(np.unique(parts.label).tolist()) == set(labels.tolist())
    mesh = normalised(made)
    folder = root / "PartNet/data_v0" / f"{1_000_000 * {'table': 4, 'bottle': 5}[category] + index}" / "objs"
    lines = [line for file in folder.glob("*.obj") for line in file.read_text().splitlines() if line[:2] == "v "]
    theirs, ours = (
        np.stack([vertices.min(axis=0), vertices.max(axis=0)])
        for vertices in (np.array([line.split()[1:] for line in lines], float), mesh.vertices)
    )
    scale = np.linalg.norm(np.ptp(ours, axis=0)) / np.linalg.norm(np.ptp(theirs, axis=0))
    points = (parts.xyz - theirs.mean(axis=0)) * scale * [-1, 1, -1] + ours.mean(axis=0)
    for label in np.unique(parts.label):
        faces = mesh.faces[np.isin(mesh.face_piece, np.flatnonzero(labels == label))]
        some = points[parts.label == label][::20]
        assert surface_distance(mesh.vertices, faces, some).max() < 1e-5

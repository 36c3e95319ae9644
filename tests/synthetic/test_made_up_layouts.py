"""What is written, read back by plain parsing: frames undone, points on the surface, keypoints in their faces."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.categories import category_named
from pipeline.datasets.keypointnet import read_keypoints
from pipeline.datasets.meshes.shapenet import ShapeNet
from pipeline.synthetic.generators import make_object
from pipeline.synthetic.normalised import normalised
from tests.synthetic.made_up_files import EVERY, V2_FROM_V1, distance, model_folder, models, read_obj


def annotation(root: Path, category: str, model: str) -> dict[str, Any]:
    rows = json.loads((root / f"KeypointNet/annotations/{category_named(category).keypointnet}.json").read_text())
    return next(row for row in rows if row["model_id"] == model)


@pytest.mark.parametrize(("category", "model"), EVERY)
def test_the_obj_is_normalised_as_shapenet_v2(root: Path, category: str, model: str) -> None:
    folder = model_folder(root, category, model) / "models"
    vertices, _ = read_obj(folder / "model_normalized.obj")
    assert np.allclose(vertices.mean(axis=0), 0, atol=1e-6)
    assert np.isclose(np.linalg.norm(np.ptp(vertices, axis=0)), 1, atol=3e-6)
    stated = json.loads((folder / "model_normalized.json").read_text())
    low, high, centroid = (np.array(stated[key]) for key in ("min", "max", "centroid"))
    made = make_object(category, int(model[-4:]), 0)
    raw = np.concatenate([piece.surface.vertices for piece in made.pieces])
    assert stated["numVertices"] == len(vertices) == len(raw)
    assert np.allclose(vertices * np.linalg.norm(high - low) + centroid, raw, atol=1e-5)


@pytest.mark.parametrize(("category", "model"), EVERY)
def test_every_triangle_has_a_twin(root: Path, category: str, model: str) -> None:
    vertices, faces = read_obj(model_folder(root, category, model) / "models/model_normalized.obj")
    assert np.array_equal(faces[0::2], faces[1::2, ::-1])
    corners = vertices[faces[0::2]]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    assert area.min() > 0


@pytest.mark.parametrize(("category", "model"), EVERY)
def test_materials_and_textures_are_there(root: Path, category: str, model: str) -> None:
    folder = model_folder(root, category, model)
    obj = (folder / "models/model_normalized.obj").read_text()
    mtl = (folder / "models/model_normalized.mtl").read_text()
    used = {line.split()[1] for line in obj.splitlines() if line.startswith("usemtl")}
    assert used == {line.split()[1] for line in mtl.splitlines() if line.startswith("newmtl")}
    named = [line.split()[1] for line in mtl.splitlines() if line.startswith("map_Kd")]
    assert named
    for name in named:
        assert name.startswith("../images/texture")
        with Image.open(folder / "models" / name) as image:
            assert image.size == (128, 128)
    assert {f"../images/{path.name}" for path in (folder / "images").iterdir()} == set(named)


@pytest.mark.parametrize(("category", "model"), EVERY)
def test_the_readers_give_the_object_back(root: Path, category: str, model: str) -> None:
    made = make_object(category, int(model[-4:]), 0)
    written = normalised(made)
    mesh = ShapeNet(root / "ShapeNetCore.v2", "shapenet-v2").read_mesh(made.key)
    assert not mesh.look_notes
    assert np.abs(mesh.vertices - written.vertices).max() < 1e-9
    annotated = read_keypoints(root / "KeypointNet", category_named(category))
    assert not annotated.rejected
    keypoints = annotated.keypoints[made.key.id]
    assert keypoints.semantic_id.tolist() == [keypoint.semantic_id for keypoint in made.keypoints]
    corners = written.vertices[written.faces[written.keypoint_face]]
    assert np.abs(np.einsum("kc,kcd->kd", written.keypoint_weights, corners) - keypoints.xyz).max() < 1e-6


def test_the_obj_uses_the_published_notation(root: Path) -> None:
    obj = (model_folder(root, "plane", models("plane")[0]) / "models/model_normalized.obj").read_text().splitlines()
    assert "mtllib model_normalized.mtl" in obj
    assert all(len(line.split()) == 4 for line in obj if line.startswith(("v ", "vt ", "vn ", "f ")))
    counts = {tag: sum(line.startswith(f"{tag} ") for line in obj) for tag in ("v", "vt", "vn", "g")}
    corners = np.array([corner.split("/") for line in obj if line.startswith("f ") for corner in line.split()[1:]], int)
    assert (corners.min(axis=0) == 1).all()
    assert (corners.max(axis=0) == [counts["v"], counts["vt"], counts["vn"]]).all()
    assert counts["g"] == len(make_object("plane", 0, 0).pieces)


@pytest.mark.parametrize(("category", "model"), EVERY)
def test_keypoints_are_where_the_face_says(root: Path, category: str, model: str) -> None:
    vertices, faces = read_obj(model_folder(root, category, model) / "models/model_normalized.obj")
    row = annotation(root, category, model)
    synset = category_named(category).synset
    assert row["class_id"] == synset
    lines = (root / "KeypointNet/pcds" / synset / f"{model}.pcd").read_text().split("DATA ascii\n")[1].splitlines()
    cloud = np.array([line.split() for line in lines], float)
    assert cloud.shape == (2048, 4)
    assert distance(cloud[::4, :3], vertices, faces).max() < 2e-6
    assert 8 <= len(row["keypoints"]) <= 20
    for keypoint in row["keypoints"]:
        xyz, weights = np.array(keypoint["xyz"]), np.array(keypoint["mesh_info"]["face_uv"])
        assert np.isclose(weights.sum(), 1)
        assert np.allclose(vertices[faces[keypoint["mesh_info"]["face_index"]]].T @ weights, xyz, atol=1e-6)
        point = cloud[keypoint["pcd_info"]["point_index"]]
        assert np.allclose(point[:3], xyz, atol=1e-6)
        red, green, blue = keypoint["rgb"]
        assert point[3] == red * 65536 + green * 256 + blue


WITH_PARTS = [pair for pair in EVERY if category_named(pair[0]).shapenet_part and not category_named(pair[0]).partnet]


@pytest.mark.parametrize(("category", "model"), WITH_PARTS)
def test_part_points_lie_on_the_mesh(root: Path, category: str, model: str) -> None:
    synset = category_named(category).synset
    points = np.loadtxt(root / f"shapenet_part/{synset}/points/{model}.pts")
    labels = np.loadtxt(root / f"shapenet_part/{synset}/points_label/{model}.seg", dtype=int)
    vertices, faces = read_obj(model_folder(root, category, model) / "models/model_normalized.obj")
    centre = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    assert points.shape == (2500, 3)
    assert np.abs((points.min(axis=0) + points.max(axis=0)) / 2).max() < 0.03
    edge = np.ptp(vertices, axis=0).max()
    assert distance(points[::5] @ V2_FROM_V1.T + centre, vertices, faces).max() < 1e-4 * edge
    made = make_object(category, int(model[-4:]), 0)
    assert set(labels) == {piece.label for piece in made.pieces}


@pytest.mark.parametrize("model", models("plane"))
def test_part_points_of_planes_look_along_x(root: Path, model: str) -> None:
    synset = category_named("plane").synset
    points = np.loadtxt(root / f"shapenet_part/{synset}/points/{model}.pts")
    labels = np.loadtxt(root / f"shapenet_part/{synset}/points_label/{model}.seg", dtype=int)
    wings = points[labels == 2]
    assert wings[:, 2].max() > 0.9 * points[:, 2].max(), "v1 planes span z"
    assert points[labels == 3][:, 0].mean() < -0.2, "the tail is behind: v1 looks along +X"


def test_shapenet_part_names_the_synsets(root: Path) -> None:
    assert "Airplane\t02691156\n" in (root / "shapenet_part/synsetoffset2category.txt").read_text()

"""What is written, read back by plain parsing: frames undone, points on the surface, keypoints in their faces."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.categories import category_named
from pipeline.datasets.keypointnet import read_keypoints
from pipeline.datasets.meshes.shapenet import ShapeNet
from pipeline.synthetic.normalised import normalised
from tests.synthetic.designs import object_of, vertices_of
from tests.synthetic.made_up_files import EVERY, V2_FROM_V1, distance, model_folder, model_name, read_model

each = pytest.mark.parametrize(("category", "index"), EVERY)


@each
def test_the_obj_is_normalised_as_shapenet_v2(root: Path, category: str, index: int) -> None:
    vertices, faces = read_model(root, category, index)
    assert np.allclose(vertices.mean(axis=0), 0, atol=1e-6)
    assert np.isclose(np.linalg.norm(np.ptp(vertices, axis=0)), 1, atol=3e-6)
    stated = json.loads((model_folder(root, category, index) / "models/model_normalized.json").read_text())
    low, high, centroid = (np.array(stated[key]) for key in ("min", "max", "centroid"))
    raw = vertices_of(object_of(category, index))
    assert stated["numVertices"] == len(vertices) == len(raw)
    assert np.allclose(vertices * np.linalg.norm(high - low) + centroid, raw, atol=1e-5)
    assert np.array_equal(faces[0::2], faces[1::2, ::-1]), "every triangle has a twin"
    corners = vertices[faces[0::2]]
    assert np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).min() > 0


@each
def test_the_obj_and_its_materials_are_in_the_published_notation(root: Path, category: str, index: int) -> None:
    folder = model_folder(root, category, index)
    obj = (folder / "models/model_normalized.obj").read_text().splitlines()
    mtl = (folder / "models/model_normalized.mtl").read_text()
    assert "mtllib model_normalized.mtl" in obj
    assert all(len(line.split()) == 4 for line in obj if line.startswith(("v ", "vt ", "vn ", "f ")))
    counts = {tag: sum(line.startswith(f"{tag} ") for line in obj) for tag in ("v", "vt", "vn", "g")}
    corners = np.array([corner.split("/") for line in obj if line.startswith("f ") for corner in line.split()[1:]], int)
    assert (corners.min(axis=0) == 1).all()
    assert (corners.max(axis=0) == [counts["v"], counts["vt"], counts["vn"]]).all()
    assert counts["g"] == len(object_of(category, index).pieces)
    used = {line.removeprefix("usemtl ") for line in obj if line.startswith("usemtl")}
    assert used == {line.removeprefix("newmtl ") for line in mtl.splitlines() if line.startswith("newmtl")}
    named = [line.split()[1] for line in mtl.splitlines() if line.startswith("map_Kd")]
    assert named
    for name in named:
        with Image.open(folder / "models" / name) as image:
            assert image.size == (128, 128)
    assert {f"../images/{path.name}" for path in (folder / "images").iterdir()} == set(named)


@each
def test_the_readers_give_the_object_back(root: Path, category: str, index: int) -> None:
    made = object_of(category, index)
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


@each
def test_keypoints_are_where_the_face_says(root: Path, category: str, index: int) -> None:
    vertices, faces = read_model(root, category, index)
    named, model = category_named(category), model_name(category, index)
    row = json.loads((root / f"KeypointNet/annotations/{named.keypointnet}.json").read_text())[index]
    assert (row["class_id"], row["model_id"]) == (named.synset, model)
    lines = (root / f"KeypointNet/pcds/{named.synset}/{model}.pcd").read_text().split("DATA ascii\n")[1].splitlines()
    cloud = np.array([line.split() for line in lines], float)
    assert cloud.shape == (2048, 4)
    assert distance(cloud[::4, :3], (vertices, faces)) < 5e-6
    for keypoint in row["keypoints"]:
        xyz, weights = np.array(keypoint["xyz"]), np.array(keypoint["mesh_info"]["face_uv"])
        assert np.isclose(weights.sum(), 1)
        assert np.allclose(vertices[faces[keypoint["mesh_info"]["face_index"]]].T @ weights, xyz, atol=1e-6)
        point = cloud[keypoint["pcd_info"]["point_index"]]
        assert np.allclose(point[:3], xyz, atol=1e-6)
        red, green, blue = keypoint["rgb"]
        assert point[3] == red * 65536 + green * 256 + blue


@pytest.mark.parametrize(("category", "index"), [pair for pair in EVERY if not category_named(pair[0]).partnet])
def test_part_points_lie_on_the_mesh(root: Path, category: str, index: int) -> None:
    folder, model = root / f"shapenet_part/{category_named(category).synset}", model_name(category, index)
    points = np.loadtxt(folder / f"points/{model}.pts")
    labels = np.loadtxt(folder / f"points_label/{model}.seg", dtype=int)
    vertices, faces = read_model(root, category, index)
    centre = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    assert points.shape == (2500, 3)
    assert np.abs((points.min(axis=0) + points.max(axis=0)) / 2).max() < 0.03
    assert distance(points[::5] @ V2_FROM_V1.T + centre, (vertices, faces)) < 1e-4
    assert set(labels) == {piece.label for piece in object_of(category, index).pieces}
    if category == "plane":
        assert points[labels == 2][:, 2].max() > 0.9 * points[:, 2].max(), "v1 planes span z"
        assert points[labels == 3][:, 0].mean() < -0.2, "the tail is behind: v1 looks along +X"
    assert "Airplane\t02691156\n" in (root / "shapenet_part/synsetoffset2category.txt").read_text()

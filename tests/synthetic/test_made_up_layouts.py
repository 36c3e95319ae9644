"""What is written, read back by plain parsing: frames undone, points on the surface, keypoints in their faces."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.categories import category_named
from pipeline.datasets.surface_distance import surface_distance
from pipeline.synthetic.generators import make_object
from pipeline.synthetic.layouts.partnet_tree import merged_tree, raw_tree
from pipeline.synthetic.synthesize import synthesize_category

# Eight chairs, so that the splits are no trivial ones; four of them are looked at.
COUNT = {"plane": 3, "chair": 8, "table": 4, "bottle": 4, "car": 3, "motorcycle": 2}
PARTNET = [(category, index) for category in ("chair", "table", "bottle") for index in range(4)]
# formats.md of the published sets: v1 -> v2 is x2 = z1, y2 = y1, z2 = -x1; PartNet -> v1 is x1 = z, y1 = y, z1 = -x.
V2_FROM_V1 = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]])
V1_FROM_PARTNET = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]])


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    for category, count in COUNT.items():
        synthesize_category(category, count, 0, folder, lambda _: None)
    return folder


def models(category: str) -> list[str]:
    return [f"madeup-{category}-{index:04d}" for index in range(COUNT[category])]


EVERY = [(category, model) for category in COUNT for model in models(category)[:4]]


def model_folder(root: Path, category: str, model: str) -> Path:
    return root / "ShapeNetCore.v2" / category_named(category).synset / model


def read_obj(path: Path) -> tuple[np.ndarray, np.ndarray]:
    lines = path.read_text().splitlines()
    vertices = np.array([line.split()[1:] for line in lines if line.startswith("v ")], float)
    faces = [[int(corner.split("/")[0]) for corner in line.split()[1:]] for line in lines if line.startswith("f ")]
    return vertices, np.array(faces) - 1


def distance(points: np.ndarray, vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    return surface_distance(vertices, faces.astype(np.int32), points)


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


def leaves(node: dict[str, Any], path: str = "") -> dict[int, tuple[str, list[str]]]:
    path = f"{path}/{node['name']}".lstrip("/")
    if "children" not in node:
        return {node["id"]: (path, node["objs"])}
    return {key: value for child in node["children"] for key, value in leaves(child, path).items()}


def partnet_objs(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    pieces = [read_obj(folder / f"objs/original-{n + 1}.obj") for n in range(len(list((folder / "objs").iterdir())))]
    first = np.cumsum([0, *(len(vertices) for vertices, _ in pieces)])
    faces = np.concatenate([faces + start for (_, faces), start in zip(pieces, first[:-1], strict=True)])
    return np.concatenate([vertices for vertices, _ in pieces]), faces


def annotation_folder(root: Path, category: str, index: int) -> Path:
    """Annotations are numbered by category: a million times 2 (chair), 4 (table), 5 (bottle), and the object."""
    return root / f"PartNet/data_v0/{1_000_000 * {'chair': 2, 'table': 4, 'bottle': 5}[category] + index}"


@pytest.mark.parametrize(("category", "index"), PARTNET)
def test_partnet_points_map_onto_the_mesh(root: Path, category: str, index: int) -> None:
    folder = annotation_folder(root, category, index)
    meta = json.loads((folder / "meta.json").read_text())
    assert (meta["model_id"], meta["model_cat"]) == (models(category)[index], category.title())
    vertices, faces = read_obj(model_folder(root, category, meta["model_id"]) / "models/model_normalized.obj")
    ours, our_faces = partnet_objs(folder)
    assert np.array_equal(our_faces, faces[0::2])
    points = np.loadtxt(folder / "point_sample/pts-10000.txt")
    assert points.shape == (10_000, 3)
    assert 0.85 < np.linalg.norm(points, axis=1).max() < 1.3
    low, high = ours.min(axis=0), ours.max(axis=0)
    assert np.abs(low + high).max() > 1e-3, "the origin is not the box's centre"
    centred = (points[::10] - (low + high) / 2) / np.linalg.norm(high - low) @ V1_FROM_PARTNET.T @ V2_FROM_V1.T
    mapped = centred + (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    assert distance(mapped, vertices, faces).max() < 1e-4 * np.ptp(vertices, axis=0).max()


@pytest.mark.parametrize(("category", "index"), PARTNET)
def test_partnet_labels_are_leaves_that_hold_the_point(root: Path, category: str, index: int) -> None:
    folder = annotation_folder(root, category, index)
    names = leaves(json.loads((folder / "result.json").read_text())[0])
    boxes = {}
    for key, (_, objs) in names.items():
        own = np.concatenate([read_obj(folder / f"objs/{name}.obj")[0] for name in objs])
        boxes[key] = own.min(axis=0) - 2e-6, own.max(axis=0) + 2e-6
    for points_file, labels_file in (
        ("pts-10000", "label-10000"),
        ("sample-points-all-pts-nor-rgba-10000", "sample-points-all-label-10000"),
    ):
        points = np.loadtxt(folder / f"point_sample/{points_file}.txt")
        labels = np.loadtxt(folder / f"point_sample/{labels_file}.txt", dtype=int)
        for key, (low, high) in boxes.items():
            own = points[labels == key, :3]
            assert ((own >= low) & (own <= high)).all()
        assert set(labels) <= set(boxes)
    assert np.allclose(np.linalg.norm(points[:, 3:6], axis=1), 1, atol=1e-5)
    assert ((points[:, 6:9] >= 0) & (points[:, 6:9] <= 255) & (points[:, 6:9] % 1 == 0)).all()


@pytest.mark.parametrize(("category", "index"), PARTNET)
def test_partnet_level_1_gives_the_parts_of_the_pieces(root: Path, category: str, index: int) -> None:
    """Raw leaf -> merged path -> level-1 class (1 + the line's number) is the label that the object was made with."""
    stats, name = root / "PartNet/stats", category_named(category).partnet
    lines = (stats / f"after_merging_label_ids/{name}-level-1.txt").read_text().splitlines()
    level1 = [line.split()[1] for line in lines]
    assert len(level1) == len(category_named(category).part_names)
    rows = (stats / f"merging_hierarchy_mapping/{name}.txt").read_text().splitlines()
    merged = dict(row.split() for row in rows)
    folder = annotation_folder(root, category, index)
    tree = json.loads((folder / "result.json").read_text())[0]
    made = make_object(category, index, 0)
    found = {}
    for path, objs in leaves(tree).values():
        steps = path.split("/")
        above = [merged.get("/".join(steps[: depth + 1])) for depth in range(len(steps))]
        label = next((level1.index(node) + 1 for node in reversed(above) if node in level1), 0)
        found.update(dict.fromkeys(objs, label))
    assert found == {f"original-{n + 1}": piece.label for n, piece in enumerate(made.pieces)}
    arms = [child for child in tree["children"] if child["name"] == "chair_arm"]
    assert len(arms) in {0, 2}
    after = json.loads((folder / "result_after_merging.json").read_text())[0]
    assert sorted(after["objs"]) == sorted(found)
    raw = _paths(tree)
    for node, ori_id in _merged_leaves(after):
        assert node.split("/")[-1] == merged[raw[ori_id]].split("/")[-1]
        assert ori_id in leaves(tree) or node == "chair/chair_arm"


def _paths(node: dict[str, Any], above: str = "") -> dict[int, str]:
    path = f"{above}/{node['name']}".lstrip("/")
    below = {number: name for child in node.get("children", []) for number, name in _paths(child, path).items()}
    return {node["id"]: path} | below


def _merged_leaves(node: dict[str, Any], path: str = "") -> list[tuple[str, int]]:
    path = f"{path}/{node['name']}".lstrip("/")
    if "children" not in node:
        return [(path, node["ori_id"])]
    return [leaf for child in node["children"] for leaf in _merged_leaves(child, path)]


def test_some_raw_leaves_belong_to_no_merged_leaf() -> None:
    """As in the published trees: only the merged parent has them."""
    chairs = (make_object("chair", index, 0) for index in range(64))
    made = next(chair for chair in chairs if any("other_leaf" in piece.path for piece in chair.pieces))
    raw, _ = raw_tree(made)
    merged = merged_tree(raw, "chair")
    others = {key for key, (path, _) in leaves(raw).items() if path.endswith("other_leaf")}
    assert len(others) == 2
    assert not others & {ori for _, ori in _merged_leaves(merged)}
    arms = [child for child in merged["children"] if child["name"] == "chair_arm"]
    held = [names for key, (_, names) in leaves(raw).items() if key in others]
    assert all(any(set(names) < set(arm["objs"]) for arm in arms) for names in held)


def test_partnet_splits_name_each_annotation_once(root: Path) -> None:
    splits = {
        split: json.loads((root / f"PartNet/stats/train_val_test_split/Chair.{split}.json").read_text())
        for split in ("train", "val", "test")
    }
    rows = [(row["model_id"], row["anno_id"]) for split in splits.values() for row in split]
    assert sorted(rows) == [(model, str(2_000_000 + n)) for n, model in enumerate(models("chair"))]
    assert [len(split) for split in splits.values()] == [7, 1, 0]

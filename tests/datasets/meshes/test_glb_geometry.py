"""What a glb shows: nodes, skins, morph targets, triangles, numbers (glTF 2.0, sections 3.5 to 3.7), extensions."""

import time
from typing import Any

import numpy as np
import pytest

from pipeline.datasets.errors import DatasetError
from tests.datasets.meshes.glb_files import (
    COLOURS,
    GREEN,
    TRIANGLE,
    meshes,
    one_triangle,
    read_glb,
    read_triangle,
    textured,
    triangle_at,
)
from tests.datasets.meshes.mesh_files import accessor, glb
from tests.datasets.meshes.test_mesh_sources import shown_colours

SQUARE = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], dtype="<f4")


def test_a_mesh_that_several_nodes_show():
    tree = one_triangle(
        scenes=[{"nodes": [0]}, {"nodes": [1, 2]}],
        scene=1,
        nodes=[{"mesh": 0}, {"mesh": 0, "translation": [10, 0, 0]}, {"mesh": 0, "scale": [2, 2, 2], "camera": 0}],
        cameras=[{"type": "perspective", "perspective": {"yfov": 1.0, "znear": 0.1}}],
    )
    mesh = read_glb(glb([TRIANGLE], b"", tree))
    corners = np.concatenate([TRIANGLE + np.array([10, 0, 0]), TRIANGLE * 2])
    assert sorted(mesh.vertices[mesh.faces].reshape(-1, 3).tolist()) == sorted(corners.tolist())
    two = [{"attributes": {"POSITION": 0}, "mode": 5}, {"attributes": {"POSITION": 0}, "mode": 1}]
    mesh = read_glb(glb([SQUARE], b"", one_triangle(meshes=[{"primitives": two}])))
    assert sorted(map(sorted, mesh.faces.tolist())) == [[0, 1, 2], [1, 2, 3]]


def test_a_glb_without_scenes_shows_its_roots():
    # node 1 is a child: it is shown once, moved by its parent
    nodes = [{"children": [1], "translation": [5, 0, 0]}, {"mesh": 0}]
    mesh = read_triangle(scenes=[], nodes=nodes)
    np.testing.assert_allclose(mesh.vertices, TRIANGLE + np.array([5, 0, 0]), atol=1e-6)


@pytest.mark.parametrize(
    ("mode", "order", "faces"),
    [
        (4, [0, 1, 2, 2, 1, 3], [[0, 1, 2], [2, 1, 3]]),
        (5, [0, 1, 2, 3], [[0, 1, 2], [1, 3, 2]]),
        (6, [0, 1, 3, 2], [[1, 3, 0], [3, 2, 0]]),
        (5, [0, 1], []),
    ],
)
@pytest.mark.parametrize("kind", ["|u1", "<u2", "<u4", None])
def test_lists_strips_and_fans(mode, order, faces, kind):
    """`kind` is that of the indices; without them the vertices stand in their order."""
    arrays = [SQUARE, np.array(order, dtype=kind)] if kind else [SQUARE[order]]
    tree = one_triangle(**meshes({}, mode=mode, **({"indices": 1} if kind else {})))
    if not faces:
        with pytest.raises(DatasetError, match="no vertices"):
            read_glb(glb(arrays, b"", tree))
        return
    mesh = read_glb(glb(arrays, b"", tree))
    assert mesh.vertices[mesh.faces].tolist() == SQUARE[np.array(faces)].tolist()


def test_a_mirror_turns_the_triangles_round():
    mesh = read_triangle(nodes=[{"mesh": 0, "scale": [-1, 1, 1]}])
    a, b, c = mesh.vertices[mesh.faces[0]]
    assert np.cross(b - a, c - a)[2] > 0  # as before the mirror


def test_sparse_accessors_with_and_without_a_base():
    arrays = [np.array([1], dtype="<u2"), np.array([[7, 8, 9]], dtype="<f4")]
    sparse = {"count": 1, "indices": {"bufferView": 1, "componentType": 5123}, "values": {"bufferView": 2}}
    whole = accessor(0, sparse=sparse)
    mesh = read_triangle(*arrays, accessors=[whole])
    assert mesh.vertices.tolist() == [[0, 0, 0], [7, 8, 9], [0, 3, 0]]
    del whole["bufferView"]
    mesh = read_triangle(*arrays, accessors=[whole])
    assert mesh.vertices.tolist() == [[0, 0, 0], [7, 8, 9], [0, 0, 0]]


@pytest.mark.parametrize(
    ("kind", "code", "largest"), [("|i1", 5120, 127), ("|u1", 5121, 255), ("<i2", 5122, 32767), ("<u2", 5123, 65535)]
)
@pytest.mark.parametrize("normalized", [True, False])
def test_quantized_positions(kind, code, largest, normalized):
    """KHR_mesh_quantization: rows are padded to four bytes."""
    rows = np.array([[0, 0, 0, 0], [100, 0, 0, 0], [0, 50, 10, 0]], dtype=kind)
    tree = one_triangle(
        bufferViews=[{"buffer": 0, "byteLength": rows.nbytes, "byteStride": rows.strides[0]}],
        accessors=[accessor(0, componentType=code, normalized=normalized)],
        extensionsRequired=["KHR_mesh_quantization"],
    )
    expected = rows[:, :3] / (largest if normalized else 1)
    assert read_glb(glb([rows], b"", tree)).vertices == pytest.approx(expected)


def test_a_skin_moves_its_mesh_and_the_node_does_not():
    """Two joints: one turned by 90 degrees about z below a moved parent, one that only moves."""
    half = float(np.sqrt(0.5))
    nodes = [
        {"mesh": 0, "skin": 0, "translation": [100, 100, 100]},
        {"translation": [10, 0, 0], "children": [2]},
        {"rotation": [0, 0, half, half]},
        {"translation": [0, 0, 5]},
    ]
    inverse = np.tile(np.eye(4).reshape(16), (2, 1)).astype("<f4")
    inverse[0, 12] = -1  # column-major: the bind pose of joint 0 lies at x = 1
    joints = np.array([[0, 1, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0]], dtype="|u1")
    weights = np.array([[1, 0, 0, 0], [0.5, 0.5, 0, 0], [1, 0, 0, 0]], dtype="<f4")
    tree = {
        **meshes({"JOINTS_0": 2, "WEIGHTS_0": 3}),
        "scenes": [{"nodes": [0, 1, 3]}],
        "nodes": nodes,
        "skins": [{"joints": [2, 3], "inverseBindMatrices": 1}],
    }
    for weight in (weights, np.round(weights * 255).astype("|u1"), np.round(weights * 65535).astype("<u2")):
        mesh = read_triangle(inverse, joints, weight, **tree)
        # (0,0,0) -> (-1,0,0) -> turned (0,-1,0) -> (10,-1,0). (2,0,0) -> half of (10,1,0) and half of (2,0,5).
        assert mesh.vertices == pytest.approx(np.array([[10, -1, 0], [6, 0.5, 2.5], [0, 3, 5]]), abs=0.05)


def test_morph_weights_of_the_node_go_before_those_of_the_mesh():
    offset = np.array([[0, 0, 1], [0, 0, 0], [0, 0, 2]], dtype="<f4")
    tree = meshes({}, targets=[{"POSITION": 1}, {"POSITION": 1}])
    tree["meshes"][0]["weights"] = [0.5, 0]
    assert read_triangle(offset, **tree).vertices[:, 2].tolist() == [0.5, 0, 1]
    nodes = [{"mesh": 0, "weights": [1, 2]}]
    assert read_triangle(offset, **tree, nodes=nodes).vertices[:, 2].tolist() == [3, 0, 6]


def test_instances_and_hidden_nodes():
    places = np.array([[0, 0, 0], [5, 0, 0]], dtype="<f4")
    shown = {"mesh": 0, "extensions": {"EXT_mesh_gpu_instancing": {"attributes": {"TRANSLATION": 1}}}}
    hidden = {"mesh": 0, "extensions": {"KHR_node_visibility": {"visible": False}}}
    required = ["EXT_mesh_gpu_instancing", "KHR_node_visibility"]
    mesh = read_triangle(places, scenes=[{"nodes": [0, 1]}], nodes=[shown, hidden], extensionsRequired=required)
    assert mesh.vertices[mesh.faces].tolist() == [TRIANGLE.tolist(), (TRIANGLE + places[1]).tolist()]


def test_vertices_that_a_primitive_does_not_use_are_left_out():
    """Exporters let many primitives share one list of vertices."""
    many = np.concatenate([np.full((500, 3), 9, dtype="<f4"), TRIANGLE])
    index = np.array([500, 501, 502], dtype="<u2")
    mesh = read_glb(glb([many, index], b"", one_triangle(**meshes({}, indices=1))))
    assert mesh.vertices[mesh.faces[0]].tolist() == TRIANGLE.tolist()
    assert len(mesh.vertices) == 3


def test_a_long_chain_of_nodes_takes_no_longer_than_its_nodes():
    """Cubic code took 110 seconds for 4,000."""
    nodes: list[dict[str, Any]] = [{"children": [i + 1], "translation": [1, 0, 0]} for i in range(20_000)]
    start = time.perf_counter()
    assert read_triangle(nodes=[*nodes, {"mesh": 0}]).vertices[0].tolist() == [20_000, 0, 0]
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize(
    ("extension", "holder"),
    [
        ("KHR_materials_unlit", "material"),
        ("KHR_materials_variants", "primitive"),
        ("KHR_lights_punctual", "node"),
        ("KHR_texture_basisu", "texture"),
        ("VENDOR_anything", "material"),
    ],
)
def test_required_extensions_that_touch_looks_alone_cost_no_geometry(extension, holder):
    held = {"extensions": {extension: {}}}
    tree: dict[str, Any] = {"extensionsRequired": [extension, "VENDOR_nowhere"]}
    tree["nodes"] = [{"mesh": 0, **(held if holder == "node" else {})}]
    primitive = {"attributes": {"POSITION": 0, "TEXCOORD_0": 1}, "material": 0}
    tree["meshes"] = [{"primitives": [{**primitive, **(held if holder == "primitive" else {})}]}]
    tree["textures"] = [held if holder == "texture" else {"source": 0}]
    if holder == "material":
        tree["materials"] = [held]
    mesh = textured({}, b"", triangle_at(GREEN), **tree)
    grey = holder == "texture" or extension == "VENDOR_anything"
    white = extension == "KHR_materials_unlit"
    assert shown_colours(mesh)[0] == pytest.approx(127.5 if grey else 255 if white else COLOURS[GREEN])
    assert [(note.detail, note.grey_faces) for note in mesh.look_notes] == [(extension, 1)] * grey


@pytest.mark.parametrize(
    ("extension", "holder"),
    [
        ("KHR_draco_mesh_compression", "primitive"),
        ("EXT_meshopt_compression", "bufferViews"),
        ("KHR_meshopt_compression", "bufferViews"),
        ("VENDOR_curves", "accessors"),
    ],
)
def test_required_extensions_of_geometry_are_refused_with_the_remedy(extension, holder):
    tree = one_triangle(extensionsRequired=[extension])
    held = {"extensions": {extension: {}}}
    if holder == "primitive":
        tree["meshes"][0]["primitives"][0] |= held
    else:
        tree[holder] = [{"bufferView": 0, "buffer": 0, "byteLength": 36, **held}]
    with pytest.raises(DatasetError, match=f"{extension} is not supported; export the mesh without"):
        read_glb(glb([TRIANGLE], b"", tree))


def test_compressed_data_that_are_not_required_have_a_copy_that_is_read():
    tree = one_triangle()
    tree["meshes"][0]["primitives"][0]["extensions"] = {"KHR_draco_mesh_compression": {"bufferView": 0}}
    assert len(read_glb(glb([TRIANGLE], b"", tree)).faces) == 1
    tree["accessors"] = [{"componentType": 5126, "type": "VEC3", "count": 3}]
    with pytest.raises(DatasetError, match="compressed; export the mesh without compression"):
        read_glb(glb([TRIANGLE], b"", tree))

"""A folder of users' own meshes: which file is an object's, and what each format says of looks."""

import base64
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.datasets.axes import Axes
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.face_colours import MOST_COLOURS, colour_materials
from pipeline.datasets.meshes.mesh_folder import MeshFolder
from pipeline.datasets.records import Mesh, ObjectKey
from pipeline.errors import UserError
from tests.datasets.meshes.mesh_files import FACES, VERTICES, glb, pack_glb, png, write_obj, write_ply, write_stl

SYNSET = "03001627"
KEY = ObjectKey(SYNSET, "a")
TRIANGLE = np.array([[0, 0, 0], [2, 0, 0], [0, 3, 0]], dtype="<f4")


@pytest.fixture
def source(tmp_path: Path) -> MeshFolder:
    (tmp_path / "chair").mkdir()
    return MeshFolder(tmp_path, Axes("+y", "-z"))


def read_glb(source: MeshFolder, content: bytes) -> Mesh:
    (source.root / "chair/a.glb").write_bytes(content)
    geometry, mesh = source.read_geometry(KEY), source.read_mesh(KEY)
    assert geometry.vertices.tolist() == mesh.vertices.tolist()
    return mesh


def one_triangle(**changes: Any) -> dict[str, Any]:
    return {
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "material": 0}]}],
        "materials": [{}],
        **changes,
    }


def test_flat_files_and_folders_side_by_side(source):
    write_ply(source.root / "chair/flat.ply", VERTICES, FACES)
    write_obj(source.root / "chair/deep/some name.obj", VERTICES, FACES)
    for name in ("a?b.ply", ".ply", "-x.glb", "UPPER.PLY", "notes.txt"):
        (source.root / "chair" / name).touch()
    (source.root / "chair/empty").mkdir()
    (source.root / "chair/a?b").mkdir()
    write_stl(source.root / "chair/a?b/x.stl", VERTICES, FACES)
    assert source.listing(SYNSET).ids == ["deep", "flat"]
    assert str(source.mesh_path(ObjectKey(SYNSET, "deep"))) == "chair/deep/some name.obj"
    assert str(source.mesh_path(ObjectKey(SYNSET, "flat"))) == "chair/flat.ply"


def test_the_name_goes_before_the_synset(source):
    (source.root / SYNSET).mkdir()
    for folder, name in (("chair", "named"), (SYNSET, "numbered"), ("02691156", "plane")):
        (source.root / folder).mkdir(exist_ok=True)
        write_stl(source.root / folder / f"{name}.stl", VERTICES, FACES)
    assert source.listing(SYNSET).ids == ["named"]
    assert source.listing("02691156").ids == ["plane"]
    with pytest.raises(UserError, match=r"source\.mesh_root: .* has no folder car or 02958343"):
        source.listing("02958343")
    with pytest.raises(DatasetError, match=r"car|02958343"):
        source.read_mesh(ObjectKey("02958343", "a"))


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ("a.ply", "a.stl", "chair/a.ply: file: chair/a.stl has the same id"),
        ("a.obj", "a/x.ply", "chair/a.obj: file: chair/a/x.ply has the same id"),
        ("a/x.ply", "a/y.ply", "chair/a: folder: holds several meshes, x.ply, y.ply: keep one, or call the right one"),
        ("a/model.glb", "a/model.stl", "chair/a: folder: holds several meshes, model.glb, model.stl: keep one"),
    ],
)
def test_an_id_that_is_there_twice(source, first, second, reason):
    for name in (first, second):
        (source.root / "chair" / name).parent.mkdir(exist_ok=True)
        (source.root / "chair" / name).touch()
    assert source.listing(SYNSET).ids == ["a"]
    for read in (source.mesh_path, source.read_geometry, source.read_mesh):
        with pytest.raises(DatasetError, match=reason):
            read(KEY)


@pytest.mark.parametrize(
    ("names", "meant"),
    [
        (("collision.obj", "visual.obj"), "visual.obj"),
        (("model.ply", "simple.stl", "textured.obj"), "model.ply"),
        (("a.stl", "model.stl", "._a.stl"), "a.stl"),
        (("nontextured.ply", "textured.obj"), "textured.obj"),
    ],
)
def test_of_several_meshes_the_documented_name_is_meant(source, names, meant):
    (source.root / "chair/a").mkdir()
    for name in names:
        (source.root / "chair/a" / name).touch()
    assert source.mesh_path(KEY).name == meant


def test_an_obj_may_not_leave_its_folder(source):
    (source.root / "secret.png").write_bytes(png())
    write_obj(source.root / "chair/a.obj", VERTICES, FACES)
    (source.root / "chair/a.mtl").write_text("newmtl paper\nmap_Kd ../secret.png\n")
    assert source.read_mesh(KEY).missing_textures == ("../secret.png",)
    assert [file.name for file in source.read_geometry(KEY).files] == ["a.obj", "a.mtl"]


def test_a_file_that_is_too_large_is_not_read(source):
    for suffix in ("obj", "ply", "stl", "glb"):
        file = source.root / f"chair/a.{suffix}"
        with file.open("wb") as opened:
            opened.truncate(2**30 + 1)  # a hole: nothing is written
        with pytest.raises(DatasetError, match=r"too large"):
            source.read_mesh(KEY)
        file.unlink()


# Colours -------------------------------------------------------------------------------------------------------------


def test_few_colours_are_kept_and_many_become_a_palette():
    few = np.array([[1, 2, 3], [200, 0, 0], [1, 2, 3]], dtype=np.uint8)
    place, materials = colour_materials(few)
    assert [materials[i].colour for i in place] == [tuple(c) for c in (few / 255).tolist()]
    assert len(materials) == 2
    many = np.random.default_rng(5).integers(0, 256, (5000, 3)).astype(np.uint8)
    place, materials = colour_materials(many)
    assert 32 < len(materials) <= MOST_COLOURS
    shown = 255 * np.array([materials[i].colour for i in place])
    # 64 cells of a cube of edge 256 have edge 64: a uniform colour lies 16 from the middle on average.
    assert np.abs(shown - many).mean() < 24


def write_text_ply(source: MeshFolder, properties: str, rows: list[str], faces: list[str], comment: str = "") -> None:
    header = f"ply\nformat ascii 1.0\n{comment}element vertex {len(rows)}\nproperty float x\nproperty float y\n"
    header += f"property float z\n{properties}element face {len(faces)}\nproperty list uchar int vertex_indices\n"
    (source.root / "chair/a.ply").write_text(header + "end_header\n" + "\n".join([*rows, *faces]) + "\n")


RGB = "property uchar red\nproperty uchar green\nproperty uchar blue\n"


def test_colours_of_ply_vertices_are_averaged(source):
    rows = ["0 0 0 255 0 0", "1 0 0 0 255 0", "0 1 0 0 0 255", "5 5 5 1 2 3"]
    write_text_ply(source, RGB, rows, ["3 0 1 2"])
    mesh = source.read_mesh(KEY)
    assert len(mesh.vertices) == 4
    assert mesh.materials[0].colour == pytest.approx((1 / 3, 1 / 3, 1 / 3), abs=1e-9)


def test_polygons_of_a_ply(source):
    corners = ["0 0 0", "1 0 0", "1 1 0", "0 1 0", "-1 0.5 0"]
    write_text_ply(source, "", corners, ["4 0 1 2 3", "4 4 0 1 2"])
    assert source.read_mesh(KEY).faces.tolist() == [[0, 1, 2], [0, 2, 3], [4, 0, 1], [4, 1, 2]]
    assert source.read_mesh(KEY).materials[0].colour == (0.5, 0.5, 0.5)
    write_text_ply(source, "", corners, ["5 0 1 2 3 4", "3 0 1 2"])
    faces = source.read_mesh(KEY).faces
    assert sorted(map(sorted, faces.tolist())) == [[0, 1, 2], [0, 1, 2], [0, 2, 3], [0, 3, 4]]
    # A texture that is named and not read is said to be missing.
    write_text_ply(source, "", corners, ["3 0 1 2"], "comment TextureFile ../../secret.png\n")
    assert source.read_mesh(KEY).missing_textures == source.read_geometry(KEY).missing == ("../../secret.png",)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("element vertex 4", "element vertex 99999999999"), "announces at least"),
        (("element face 1", "element face 4"), "announces"),
        (("element face 1", "element face -1"), "announces no number"),
        (("element face 1", "element face 0"), "no faces"),
        (("1 0 0\n", "1 0 zero\n"), "no valid ply"),
        (("1 0 0\n", "1 0\n"), "no valid ply"),
        (("1 0 0\n", "\n"), "blank"),
        (("end_header", "end"), "no header"),
        (("float x", "complex x"), "no valid ply"),
        (("3 0 1 2", "3 0 1"), "no faces"),
        (("3 0 1 2", "3 0 1 nan"), "no valid ply"),
        (("3 0 1 2", "2 0 1"), "no faces|no valid"),
    ],
)
def test_broken_plys(source, change, reason):
    write_text_ply(source, "", ["0 0 0", "1 0 0", "0 1 0", "2 2 2"], ["3 0 1 2"])
    file = source.root / "chair/a.ply"
    assert change[0] in file.read_text()
    file.write_text(file.read_text().replace(*change))
    with pytest.raises(DatasetError, match=reason) as caught:
        source.read_mesh(KEY)
    assert str(caught.value.file) == "chair/a.ply"


def test_stl_files_that_lie(source):
    file = source.root / "chair/a.stl"
    write_stl(file, VERTICES, FACES)
    content = bytearray(file.read_bytes())
    content[80:84] = struct.pack("<I", 2**32 - 1)
    file.write_bytes(content)
    with pytest.raises(DatasetError, match="announces 4294967295 triangles, and 12 follow"):
        source.read_mesh(KEY)
    file.write_text("solid a\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1\nendsolid\n")
    with pytest.raises(DatasetError, match="no valid stl"):
        source.read_mesh(KEY)
    solid = "solid {0}\nvertex {0} 0 0\nvertex 1 0 0\nvertex 0 1 0\nendsolid {0}\n"
    file.write_text(solid.format(5) + solid.format(6))
    assert source.read_mesh(KEY).vertices[:, 0].tolist() == [5, 1, 0, 6, 1, 0]


# glb -----------------------------------------------------------------------------------------------------------------


def test_the_base_colour_factor_is_linear(source):
    tree = one_triangle(materials=[{"pbrMetallicRoughness": {"baseColorFactor": [0.5, 0.0031308, 1.0, 0.3]}}])
    mesh = read_glb(source, glb([TRIANGLE], b"", tree))
    # By hand: 1.055 * 0.5 ** (1 / 2.4) - 0.055 = 0.735357, and the curve's two parts meet at 0.04045.
    assert mesh.materials[0].colour == pytest.approx((0.735357, 0.04045, 1.0), abs=1e-5)
    assert read_glb(source, glb([TRIANGLE], b"", one_triangle())).materials[0].colour == pytest.approx((1, 1, 1))
    bare = one_triangle(meshes=[{"primitives": [{"attributes": {"POSITION": 0}}]}])
    assert read_glb(source, glb([TRIANGLE], b"", bare)).materials[0].colour == pytest.approx((1, 1, 1))


def textured(**texture: Any) -> dict[str, Any]:
    return one_triangle(
        meshes=[{"primitives": [{"attributes": {"POSITION": 0, "TEXCOORD_0": 1, "TEXCOORD_1": 2}, "material": 0}]}],
        materials=[
            {
                "pbrMetallicRoughness": {
                    "baseColorTexture": {"index": 0, **texture},
                    "baseColorFactor": [0.5, 1.0, 0.0, 1.0],
                }
            }
        ],
        textures=[{"source": 0}],
        images=[{"bufferView": 3, "name": "paper"}],
    )


UV = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.75]], dtype="<f4")


def test_a_texture_is_tinted_in_linear_light(source):
    mesh = read_glb(source, glb([TRIANGLE, UV, UV / 2], png(), textured()))
    assert mesh.materials[0].colour == (1, 1, 1)
    assert mesh.materials[0].texture is not None
    # Lower right (10, 200, 10): 0.5 of 10 / 255 is in the straight part, the middle channel is whole, the last is 0.
    assert mesh.materials[0].texture[3, 3].tolist() == [5, 200, 0]
    # Upper right 220: linear 0.7157, half of it 0.3578, back 0.6325 * 255 = 161.3.
    assert mesh.materials[0].texture[0, 3].tolist() == [161, 220, 0]
    assert mesh.uv[0] == pytest.approx(np.array([[0.1, 0.8], [0.3, 0.6], [0.5, 0.25]]), abs=1e-6)
    mesh = read_glb(source, glb([TRIANGLE, UV, UV / 2], png(), textured(texCoord=1)))
    assert mesh.uv[0] == pytest.approx(np.array([[0.05, 0.9], [0.15, 0.8], [0.25, 0.625]]), abs=1e-6)


def test_a_texture_that_cannot_be_had_is_grey_and_named(source):
    for images, texture, name in (
        ([{"uri": "../../secret.png"}], {}, "../../secret.png"),
        ([{"uri": "https://example.org/t.png"}], {}, "https://example.org/t.png"),
        ([{"uri": "data:image/png;base64,????", "name": "n"}], {}, "n"),
        ([{"bufferView": 0}], {}, "image 0"),
        ([{"bufferView": 3, "name": "n"}], {"extensions": {"KHR_texture_transform": {"scale": [2, 2]}}}, "n"),
    ):
        (source.root.parent / "secret.png").write_bytes(png())
        tree = {**textured(**texture), "images": images}
        mesh = read_glb(source, glb([TRIANGLE, UV, UV], png(), tree))
        assert mesh.missing_textures == (name,)
        assert (mesh.materials[0].colour, mesh.materials[0].texture) == ((0.5, 0.5, 0.5), None)
    inside = "data:image/png;base64," + base64.b64encode(png()).decode()
    mesh = read_glb(source, glb([TRIANGLE, UV, UV], b"", {**textured(), "images": [{"uri": inside}]}))
    assert mesh.materials[0].texture is not None


@pytest.mark.parametrize(("mode", "transparent"), [("OPAQUE", False), ("MASK", True), ("BLEND", True)])
def test_transparency_of_a_glb_is_recorded(source, mode, transparent):
    tree = one_triangle(materials=[{"alphaMode": mode, "pbrMetallicRoughness": {"baseColorFactor": [1, 0, 0, 0.5]}}])
    tree["meshes"][0]["primitives"][0]["material"] = 0
    (material,) = read_glb(source, glb([TRIANGLE], b"", tree)).materials
    assert (material.transparent, material.colour) == (transparent, pytest.approx((1, 0, 0)))


def test_colours_of_glb_vertices_are_linear_and_multiply_the_factor(source):
    colours = np.array([[255, 255, 255], [255, 0, 0], [0, 0, 0]], dtype=np.uint8)
    padded = np.concatenate([colours, np.full((3, 1), 255, dtype=np.uint8)], axis=1)
    tree = one_triangle(
        meshes=[{"primitives": [{"attributes": {"POSITION": 0, "COLOR_0": 1}, "material": 0}]}],
        materials=[{"pbrMetallicRoughness": {"baseColorFactor": [0.75, 1.0, 0.0, 1.0]}}],
    )
    for array in (padded, (padded / 255).astype("<f4"), (padded.astype("<u2") * 257)):
        mesh = read_glb(source, glb([TRIANGLE, array], b"", tree))
        # Linear means 2/3 * 0.75 = 0.5 and 1/3: 0.7354 and 0.6126 in sRGB, to a 255th.
        assert mesh.materials[0].colour == pytest.approx((0.7354, 0.6126, 0.0), abs=0.003)


def test_a_mesh_that_several_nodes_show(source):
    tree = one_triangle(
        scenes=[{"nodes": [0]}, {"nodes": [1, 2]}],
        scene=1,
        nodes=[{"mesh": 0}, {"mesh": 0, "translation": [10, 0, 0]}, {"mesh": 0, "scale": [2, 2, 2], "camera": 0}],
        cameras=[{"type": "perspective", "perspective": {"yfov": 1.0, "znear": 0.1}}],
    )
    mesh = read_glb(source, glb([TRIANGLE], b"", tree))
    corners = np.concatenate([TRIANGLE + np.array([10, 0, 0]), TRIANGLE * 2])
    assert sorted(mesh.vertices[mesh.faces].reshape(-1, 3).tolist()) == sorted(corners.tolist())
    strip = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], dtype="<f4")
    two = [{"attributes": {"POSITION": 0}, "mode": 5}, {"attributes": {"POSITION": 0}, "mode": 1}]
    mesh = read_glb(source, glb([strip], b"", one_triangle(meshes=[{"primitives": two}])))
    assert sorted(map(sorted, mesh.faces.tolist())) == [[0, 1, 2], [1, 2, 3]]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"extensionsRequired": ["KHR_draco_mesh_compression"]}, "KHR_draco_mesh_compression.*not supported"),
        ({"buffers": [{"uri": "../../secret.bin", "byteLength": 36}]}, "another file"),
        ({"accessors": [{"componentType": 5126, "type": "VEC3", "count": 3}]}, "sparse or compressed"),
        (
            {"accessors": [{"bufferView": 0, "componentType": 5126, "type": "VEC3", "count": 3, "sparse": {}}]},
            "sparse or compressed",
        ),
        ({"accessors": [{"bufferView": 0, "componentType": 5123, "type": "VEC3", "count": 3}]}, "not supported"),
        ({"accessors": [{"bufferView": 0, "componentType": 5126, "type": "VEC3", "count": 10**12}]}, "announce"),
        ({"accessors": [{"bufferView": 0, "componentType": 5126, "type": "VEC3", "count": -3}]}, "count"),
        ({"accessors": [{"bufferView": 7, "componentType": 5126, "type": "VEC3", "count": 3}]}, "no valid glb"),
        ({"bufferViews": [{"buffer": 0, "byteLength": 3600}]}, "no valid glb"),
        ({"meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "mode": 6}]}]}, "triangle fan"),
        ({"meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "mode": 0}]}]}, "no vertices"),
        ({"meshes": [{"primitives": [{"attributes": {}}]}]}, "no valid glb"),
        ({"meshes": 5}, "no valid glb"),
        ({"nodes": [{"mesh": 0, "children": [0]}]}, "more than one parent"),
        ({"nodes": [{"mesh": 0, "children": [1]}, {"children": [1]}]}, "more than one parent"),
        ({"nodes": [{"mesh": 4}]}, "no valid glb|no vertices"),
        ({"nodes": [{"mesh": 0, "scale": [0, 0, 0]}]}, "one point"),
        ({"nodes": [{"mesh": 0, "translation": [1e400, 0, 0]}]}, "not finite|no valid glb"),
        ({"materials": 5}, "no valid glb"),
    ],
)
def test_broken_glbs(source, changes, reason):
    (source.root.parent / "secret.bin").write_bytes(TRIANGLE.tobytes())
    (source.root / "chair/a.glb").write_bytes(glb([TRIANGLE], b"", one_triangle(**changes)))
    for read in (source.read_geometry, source.read_mesh):
        with pytest.raises(DatasetError, match=reason) as caught:
            read(KEY)
        assert str(caught.value.file) == "chair/a.glb"


def test_a_glb_without_scenes_shows_its_roots(source):
    # node 1 is a child: it is shown once, moved by its parent
    nodes = [{"children": [1], "translation": [5, 0, 0]}, {"mesh": 0}]
    (source.root / "chair/a.glb").write_bytes(glb([TRIANGLE], b"", one_triangle(scenes=[], nodes=nodes)))
    np.testing.assert_allclose(source.read_mesh(KEY).vertices, TRIANGLE + np.array([5, 0, 0]), atol=1e-6)


def test_the_older_materials_of_a_glb_have_their_colour(source):
    older = {"KHR_materials_pbrSpecularGlossiness": {"diffuseFactor": [1.0, 0.0, 0.0, 1.0]}}
    tree = one_triangle(
        materials=[{"extensions": older}],
        meshes=[{"primitives": [{"attributes": {"POSITION": 0}, "material": 0}]}],
    )
    (source.root / "chair/a.glb").write_bytes(glb([TRIANGLE], b"", tree))
    mesh = source.read_mesh(KEY)
    assert mesh.materials[mesh.face_material[0]].colour == pytest.approx((1, 0, 0))


def test_an_obj_may_name_several_mtl_files_on_one_line(source):
    folder = source.root / "chair"
    (folder / "one.mtl").write_text("newmtl red\nKd 1 0 0 # a comment\n")
    (folder / "two.mtl").write_text("newmtl grey\nKd 0.8\n")
    triangles = "v 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl red\nf 1 2 3\nusemtl grey\nf 3 2 1\n"
    (folder / "a.obj").write_text(f"mtllib one.mtl two.mtl\n{triangles}")
    mesh = source.read_mesh(KEY)
    assert [material.colour for material in mesh.materials] == [(1, 0, 0), (0.8, 0.8, 0.8)]
    assert {file.name for file in source.read_geometry(KEY).files} == {"a.obj", "one.mtl", "two.mtl"}
    (folder / "a.obj").write_text(f"mtllib one.mtl three.mtl\n{triangles}")
    assert source.read_mesh(KEY).missing_textures == source.read_geometry(KEY).missing == ("three.mtl",)
    (folder / "one.mtl").rename(folder / "one two.mtl")
    (folder / "a.obj").write_text(f"mtllib one two.mtl\n{triangles}")
    assert source.read_mesh(KEY).materials[0].colour == (1, 0, 0)


def test_glb_headers_that_lie(source):
    whole = glb([TRIANGLE], b"", one_triangle())
    json_length = struct.unpack_from("<I", whole, 12)[0]
    for content, reason in (
        (b"", "no header"),
        (b"glTF" + whole[4:30], "announces"),
        (b"nope" + whole[4:], "no header"),
        (whole[:4] + struct.pack("<I", 1) + whole[8:], "no header"),
        (whole[:8] + struct.pack("<I", 10**6) + whole[12:], "announces 1000000 bytes"),
        (whole[:12] + struct.pack("<I", 10**6) + whole[16:], "announces"),
        (whole[: 20 + json_length] + struct.pack("<I", 10**6) + whole[24 + json_length :], "announces 1000000 bytes"),
        (pack_glb(one_triangle(), b"").replace(b'"scenes"', b'"scenes,'), "no valid json"),
        (struct.pack("<4sIII4s4s", b"glTF", 2, 24, 4, b"JSON", b"[1] "), "no object"),
    ):
        (source.root / "chair/a.glb").write_bytes(content)
        with pytest.raises(DatasetError, match=reason):
            source.read_mesh(KEY)
    assert json.loads(whole[20 : 20 + json_length])  # the whole one was sound
    assert len(read_glb(source, whole).faces) == 1


def test_a_small_file_cannot_show_a_scene_of_any_size(source, monkeypatch):
    monkeypatch.setattr("pipeline.datasets.meshes.glb_mesh._MOST_FACES", 3)
    tree = one_triangle(scenes=[{"nodes": [0, 1, 2, 3]}], nodes=[{"mesh": 0}] * 4)
    with pytest.raises(DatasetError, match="more than 3 triangles"):
        read_glb(source, glb([TRIANGLE], b"", tree))

"""Broken glb files: some are refused with a reason, and soon; other damage costs a look, or nothing."""

import base64
import contextlib
import json
import math
import struct
import time
import tracemalloc

import numpy as np
import pytest

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.look_notes import MISSING, NO_COORDINATES
from pipeline.datasets.records import Mesh
from tests.datasets.meshes.glb_files import (
    FILE,
    RED,
    TRIANGLE,
    meshes,
    one_triangle,
    pbr,
    read_glb,
    textured,
    triangle_at,
)
from tests.datasets.meshes.mesh_files import accessor, glb, glb_of, pack_glb, png
from tests.datasets.meshes.test_mesh_sources import shown_colours

DAMAGED = "material or its attributes are damaged"
FACTOR = "baseColorFactor"


@pytest.mark.parametrize(
    ("tree", "detail"),
    [
        (meshes({}, material=9), "materials 9: is not there"),
        (meshes({}, material=[0]), "[0] is no count or place"),
        ({"materials": 5}, "TypeError"),
        (pbr(baseColorTexture={"index": 3}), "textures 3: is not there: the file has 1"),
        (pbr(baseColorTexture={"index": -1}), "-1 is no count or place"),
        ({"textures": [{"source": 7}]}, "images 7: is not there"),
        ({"textures": [{"source": 0, "sampler": 4}]}, "samplers 4: is not there: the file has 0"),
        ({"textures": [{"extensions": {"EXT_texture_webp": {"source": 8}}}]}, "images 8: is not there"),
        ({"images": [{"bufferView": 77}]}, "bufferViews 77: is not there"),
        (meshes({"TEXCOORD_0": 99}), "accessors 99: is not there"),
        (meshes({"TEXCOORD_0": 1, "COLOR_0": 77}), "accessors 77: is not there"),
        (meshes({"TEXCOORD_0": 1, "COLOR_0": 1}), "COLOR_0: has 3 rows of 2; 3 of 3 are needed"),
        ({"accessors": [accessor(0), accessor(1, "VEC2", count=2)]}, "has 2 rows of 2; 3 of 2 are"),
        (pbr(baseColorFactor=[math.nan, 0, 0]), f"materials 0: {FACTOR}: is no colour"),
        (pbr(baseColorFactor=[1, 1]), f"materials 0: {FACTOR}: is no colour"),
        (pbr(baseColorTexture={"index": 0, "extensions": {"KHR_texture_transform": {"scale": "x"}}}), "Error"),
    ],
)
def test_a_damaged_material_costs_the_look_and_not_the_object(tree, detail):
    mesh = textured({}, b"", triangle_at(RED), **tree)
    assert shown_colours(mesh) == pytest.approx(127.5)
    (note,) = mesh.look_notes
    assert (note.reason, note.grey_faces) == (DAMAGED, 1)
    assert detail in note.detail


@pytest.mark.parametrize("tree", [pbr(baseColorFactor=[200, 30, 30, 255]), meshes({"TEXCOORD_0": 1, "COLOR_0": 2})])
def test_colours_in_an_unknown_unit_are_grey(tree):
    colours = np.full((3, 3), 200, dtype="<f4")
    (note,) = textured({}, b"", triangle_at(RED), colours, **tree).look_notes
    assert (note.reason, note.detail, note.grey_faces) == ("colour is not in 0..1", "200", 1)


@pytest.mark.parametrize("webp", [{"source": 8}, {"source": 1}])
def test_a_webp_that_cannot_be_had_has_a_png_behind_it(webp):
    textures = [{"source": 0, "extensions": {"EXT_texture_webp": webp}}]
    images = [{"bufferView": 2}, {"uri": "data:image/webp;base64,AAAA"}]
    mesh = textured({}, b"", triangle_at(RED), textures=textures, images=images)
    assert (shown_colours(mesh)[0].tolist(), mesh.look_notes) == ([200, 10, 10], ())


def test_an_image_that_is_nowhere_is_missing():
    (note,) = textured({}, b"", triangle_at(RED), images=[{}]).look_notes
    assert (note.reason, note.detail) == (f"texture {MISSING}", "image 0: neither uri nor bufferView")


def test_null_is_as_good_as_absent():
    tree = {
        "nodes": [{"mesh": 0, "extensions": None, "children": None, "matrix": None, "skin": None}],
        "materials": [
            {"pbrMetallicRoughness": {FACTOR: None, "baseColorTexture": {"index": 0}}, "extensions": None},
        ],
        "samplers": None,
        "extensionsRequired": None,
        "scene": None,
    }
    mesh = textured({}, b"", triangle_at(RED), **tree)
    assert (shown_colours(mesh)[0].tolist(), mesh.look_notes) == ([200, 10, 10], ())


def two_triangles(uv: np.ndarray, *colours: np.ndarray) -> Mesh:
    attributes = {"TEXCOORD_0": 1, **({"COLOR_0": 2} if colours else {})}
    tree = one_triangle(
        **meshes(attributes),
        textures=[{"source": 0, "sampler": 0}],
        samplers=[{"wrapS": 33071, "wrapT": 33071}],
        images=[{"bufferView": 2 + len(colours)}],
        **pbr(baseColorTexture={"index": 0}),
    )
    return read_glb(glb([np.concatenate([TRIANGLE, TRIANGLE + 1]), uv, *colours], png(), tree))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_face_without_finite_coordinates_or_colours_is_grey_alone(value):
    uv = np.concatenate([triangle_at(RED), triangle_at(RED)]).astype("<f4")
    broken = uv.copy()
    broken[1, 0] = value
    mesh = two_triangles(broken)
    assert shown_colours(mesh) == pytest.approx(np.array([[127.5] * 3, [200, 10, 10]]))
    assert [(n.reason, n.detail, n.grey_faces) for n in mesh.look_notes] == [
        (NO_COORDINATES, "TEXCOORD_0 is not finite", 1)
    ]
    colours = np.ones((6, 3), dtype="<f4")
    colours[4, 2] = np.nan
    mesh = two_triangles(uv, colours)
    assert shown_colours(mesh) == pytest.approx(np.array([[200, 10, 10], [127.5] * 3]))
    assert [str(note) for note in mesh.look_notes] == ["colour of a vertex is not finite: COLOR_0 (1 grey face)"]


def test_a_primitive_without_positions_shows_nothing():
    tree = meshes({})
    tree["meshes"][0]["primitives"].insert(0, {"attributes": {"TEXCOORD_0": 1}})
    assert len(textured({}, b"", triangle_at(RED), **tree).faces) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda text, binary: [(b"JSON", text + b"\0" * 8), (b"BIN\0", binary)],
        lambda text, binary: [(b"JSON", text + b"\n" * 8), (b"BIN\0", binary)],
        lambda text, binary: [(b"JSON", text), (b"XTRA", b"abcd"), (b"BIN\0", binary)],
        lambda text, binary: [(b"JSON", text), (b"BIN\0", binary), (b"XTRA", b"abcd")],
    ],
)
def test_padding_and_chunks_of_others(change):
    whole = glb([TRIANGLE], b"", one_triangle())
    length = struct.unpack_from("<I", whole, 12)[0]
    assert len(read_glb(glb_of(*change(whole[20 : 20 + length], whole[28 + length :]))).faces) == 1


@pytest.mark.parametrize(
    "uri",
    [
        "data:image/png;base64," + base64.encodebytes(png()).decode(),
        "data:image/png;base64," + base64.b64encode(png()).decode().rstrip("="),
        "DATA:image/png;charset=utf-8;BASE64," + base64.b64encode(png()).decode(),
        "data:image/png," + "".join(f"%{byte:02x}" for byte in png()),
    ],
)
def test_data_uris_as_they_are_written(uri):
    assert shown_colours(textured({}, b"", triangle_at(RED), images=[{"uri": uri}]))[0].tolist() == [200, 10, 10]


def test_primitives_with_one_damaged_material_have_one_note():
    bare = [{"attributes": {"POSITION": 0}, "material": 9} for _ in range(50)]
    (note,) = textured({}, b"", triangle_at(RED), meshes=[{"primitives": bare}]).look_notes
    assert note.grey_faces == 50


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"buffers": [{"uri": "../../secret.bin", "byteLength": 36}]},
            "buffers 0: buffer lies outside.*save the mesh as one glb",
        ),
        ({"buffers": [{"uri": "data:;base64,????", "byteLength": 36}]}, "buffers 0: .*damaged"),
        ({"accessors": [{"componentType": 5126, "type": "VEC3", "count": 3}]}, "one point"),
        ({"accessors": [{"componentType": 5126, "type": "VEC3", "count": 10**9}]}, "more than"),
        ({"accessors": [accessor(0, sparse={})]}, "no valid glb"),
        ({"accessors": [accessor(0, count=10**12)]}, "accessors 0: announces 12000000000000 bytes.* holds 36"),
        ({"accessors": [accessor(0, count=-3)]}, "no count"),
        ({"accessors": [accessor(0, byteOffset=-12)]}, "no count or place"),
        ({"accessors": [accessor(7)]}, "bufferViews 7: is not there: the file has 2"),
        ({"bufferViews": [{"buffer": 0, "byteLength": 3600}]}, "announces 3600 bytes, and 36 follow"),
        ({"bufferViews": [{"buffer": 0, "byteLength": 36, "byteStride": 20}]}, "announces 52 bytes"),
        ({"meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "mode": 0}]}]}, "no vertices"),
        ({"meshes": [{"primitives": [{"attributes": {}}]}]}, "no vertices"),
        ({"meshes": 5}, "no valid glb"),
        ({"nodes": [{"mesh": 0, "children": [0]}]}, "more than one parent"),
        ({"nodes": [{"mesh": 0, "children": [1]}, {"children": [1]}]}, "more than one parent"),
        ({"nodes": [{"mesh": 4}]}, "meshes 4: is not there: the file has 1"),
        ({"scene": 3}, "scenes 3: is not there: the file has 1"),
        ({"nodes": [{"mesh": 0, "skin": -1}], "skins": [{"joints": [0]}]}, "no count or place"),
        ({"nodes": [{"mesh": 0, "scale": [0, 0, 0]}]}, "one point"),
        ({"nodes": [{"mesh": 0, "translation": [1e400, 0, 0]}]}, "not finite|no valid glb"),
    ],
)
def test_broken_glbs(changes, reason):
    content = glb([TRIANGLE], b"", one_triangle(**changes))
    with pytest.raises(DatasetError, match=reason) as caught:
        read_glb(content)
    assert caught.value.file == FILE


def test_glb_headers_that_lie():
    whole = glb([TRIANGLE], b"", one_triangle())
    json_length = struct.unpack_from("<I", whole, 12)[0]
    for content, reason in (
        (b"", "no header"),
        (b"glTF" + whole[4:30], "announces"),
        (b"nope" + whole[4:], "no header"),
        (whole[:4] + struct.pack("<I", 1) + whole[8:], "no header"),
        (whole[:8] + struct.pack("<I", 10**6) + whole[12:], "announces 1000000 bytes"),
        (whole[:8] + struct.pack("<I", 40) + whole[12:], "announces 40 bytes"),
        (whole[:12] + struct.pack("<I", 10**6) + whole[16:], "announces"),
        (whole[: 20 + json_length] + struct.pack("<I", 10**6) + whole[24 + json_length :], "announces 1000000 bytes"),
        (pack_glb(one_triangle(), b"").replace(b'"scenes"', b'"scenes,'), "no valid json"),
        (struct.pack("<4sIII4s4s", b"glTF", 2, 24, 4, b"JSON", b"[1] "), "no object"),
    ):
        with pytest.raises(DatasetError, match=reason):
            read_glb(content)
    assert json.loads(whole[20 : 20 + json_length])  # the whole one was sound
    assert len(read_glb(whole).faces) == 1


def test_a_small_file_cannot_show_a_scene_of_any_size(monkeypatch):
    monkeypatch.setattr("pipeline.datasets.meshes.glb_mesh._MOST_FACES", 303)
    tree = one_triangle(scenes=[{"nodes": [0, 1, 2, 3]}], nodes=[{"mesh": 0}] * 4)
    with pytest.raises(DatasetError, match="more than 303 triangles"):
        read_glb(glb([TRIANGLE], b"", tree))
    bare = {"meshes": [{"primitives": [{"attributes": {}}] * 4}]}
    with pytest.raises(DatasetError, match="more than 303 triangles"):
        read_glb(glb([TRIANGLE], b"", one_triangle(**bare)))


def bombs():
    """Trees of a few hundred bytes that announce what would take minutes or gigabytes."""
    view_less = {"componentType": 5126, "type": "VEC3", "count": 1_200_000}
    instancing = {"EXT_mesh_gpu_instancing": {"attributes": {"TRANSLATION": 1}}}
    yield {"nodes": [{"mesh": 0, "extensions": instancing}], "accessors": [accessor(0), view_less]}
    yield {"accessors": [{**view_less, "count": 21_000_000}]}
    few = {**view_less, "count": 90_000}
    nothing = {"meshes": [{"primitives": []}], "scenes": [{"nodes": [*range(1000)]}]}
    yield {**nothing, "nodes": [{"mesh": 0, "extensions": instancing}] * 1000, "accessors": [accessor(0), few]}
    points = {"attributes": {"POSITION": 1}, "mode": 0}
    yield {"meshes": [{"primitives": [points] * 300}], "accessors": [accessor(0), view_less]}
    skin = {"skin": 0, "mesh": 0}
    skins = [{"joints": [0], "inverseBindMatrices": 1}] * 100
    matrices = {"componentType": 5126, "type": "MAT4", "count": 250_000}
    nodes = [{**skin, "skin": number} for number in range(100)]
    several = {"scenes": [{"nodes": [*range(100)]}], "skins": skins, "nodes": nodes}
    yield {**several, "accessors": [accessor(0), matrices]}
    none = {**view_less, "count": 0}
    indices = {"componentType": 5125, "type": "SCALAR", "count": 3_000_000}
    unseen = [{"attributes": {"POSITION": 0}, "indices": 2}] * 300
    tree = {"nodes": [{"mesh": 0, "extensions": instancing}], "accessors": [accessor(0), none, indices]}
    yield {**tree, "meshes": [{"primitives": unseen}]}


@pytest.mark.parametrize("tree", list(bombs()), ids=range(6))
def test_a_small_file_takes_little_time_and_memory(tree):
    content = glb([TRIANGLE], b"", one_triangle(**tree))
    tracemalloc.start()
    begin = time.perf_counter()
    with contextlib.suppress(DatasetError):
        read_glb(content)
    seconds, (_, peak) = time.perf_counter() - begin, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 10
    assert peak < 2**29

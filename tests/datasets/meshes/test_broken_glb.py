"""glb files that are broken, hostile or need what is not supported: refused with a reason, and soon."""

import contextlib
import json
import struct
import time
import tracemalloc

import pytest

from pipeline.datasets.errors import DatasetError
from tests.datasets.meshes.glb_files import FILE, TRIANGLE, one_triangle, read_glb
from tests.datasets.meshes.mesh_files import accessor, glb, pack_glb


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

"""Extensions that a glb requires: those of looks cost no object, those of geometry are read or refused."""

from typing import Any

import pytest

from pipeline.datasets.errors import DatasetError
from tests.datasets.meshes.glb_files import COLOURS, GREEN, TRIANGLE, one_triangle, read_glb, textured, triangle_at
from tests.datasets.meshes.mesh_files import glb
from tests.datasets.meshes.test_mesh_sources import shown_colours


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

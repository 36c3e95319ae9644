"""How a glb looks: base colours, textures, colours of vertices (glTF 2.0, section 3.9)."""

import base64

import numpy as np
import pytest

from pipeline.datasets.meshes.look_notes import DAMAGED, MISSING, OUTSIDE, UNKNOWN_FORMAT
from tests.datasets.meshes.glb_files import TRIANGLE, meshes, pbr, read_triangle, textured
from tests.datasets.meshes.mesh_files import accessor, png


@pytest.mark.parametrize(
    ("tree", "colour"),
    [
        # By hand: 1.055 * 0.5 ** (1 / 2.4) - 0.055 = 0.735357, and the curve's two parts meet at 0.04045.
        (pbr(baseColorFactor=[0.5, 0.0031308, 1.0, 0.3]), (0.735357, 0.04045, 1.0)),
        ({}, (1, 1, 1)),
        ({"meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}]}, (1, 1, 1)),
        (
            {"materials": [{"extensions": {"KHR_materials_pbrSpecularGlossiness": {"diffuseFactor": [1, 0, 0, 1]}}}]},
            (1, 0, 0),
        ),
    ],
)
def test_the_base_colour_factor_is_linear(tree, colour):
    assert read_triangle(**tree).materials[0].colour == pytest.approx(colour, abs=1e-5)


UV = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.75]], dtype="<f4")


def test_a_texture_is_tinted_in_linear_light():
    for set_of_uv in (0, 1):
        reference = {"index": 0, "texCoord": set_of_uv}
        tint = pbr(baseColorFactor=[0.5, 1.0, 0.0, 1.0], baseColorTexture=reference)
        mesh = textured({}, b"", UV, UV / 2, **tint)
        assert mesh.uv[0] == pytest.approx([0, 1] + [1, -1] * UV / (1 + set_of_uv), abs=1e-6)
    assert mesh.materials[0].colour == (1, 1, 1)
    # Lower right (10, 200, 10): 0.5 of 10 / 255 is in the straight part, the middle channel is whole, the last is 0.
    assert mesh.materials[0].texture[3, 3].tolist() == [5, 200, 0]
    # Upper right 220: linear 0.7157, half of it 0.3578, back 0.6325 * 255 = 161.3.
    assert mesh.materials[0].texture[0, 3].tolist() == [161, 220, 0]


@pytest.mark.parametrize(
    ("image", "reason", "detail"),
    [
        ({"uri": "../../secret.png"}, f"texture {OUTSIDE}", "../../secret.png"),
        ({"uri": "https://example.org/t.png"}, f"texture {MISSING}", "https://example.org/t.png"),
        ({"uri": "data:image/png;base64,????", "name": "n"}, f"texture {DAMAGED}", "n: "),
        ({"uri": "data:image/png;base64,AAAA"}, f"texture {UNKNOWN_FORMAT}", "image 0: "),
        ({"bufferView": 0, "name": "\ud800"}, f"texture {UNKNOWN_FORMAT}", "?: "),
    ],
)
def test_a_texture_that_cannot_be_had_is_grey_and_named(tmp_path, image, reason, detail):
    (tmp_path / "secret.png").write_bytes(png())
    mesh = textured({}, b"", UV, root=tmp_path / "meshes", images=[image])
    (note,) = mesh.look_notes
    assert (note.reason, note.detail[: len(detail)], note.grey_faces) == (reason, detail, 1)
    assert (mesh.materials[0].colour, mesh.materials[0].texture) == ((0.5, 0.5, 0.5), None)


def test_pictures_and_numbers_may_lie_in_the_json_or_beside_the_file(tmp_path):
    (tmp_path / "chair").mkdir()
    (tmp_path / "chair/deep paper.png").write_bytes(png())
    (tmp_path / "chair/a.bin").write_bytes(TRIANGLE.tobytes())
    inside = "data:image/png;base64," + base64.b64encode(png()).decode()
    numbers = "data:application/gltf-buffer;base64," + base64.b64encode(TRIANGLE.tobytes()).decode()
    files = ("chair/a.bin", "chair/a.glb", "chair/deep paper.png")
    for image, buffer, used in ((inside, numbers, files[1:2]), ("deep%20paper.png", "a.bin", files)):
        views = [{"buffer": 1, "byteLength": 36}, {"buffer": 0, "byteLength": 24}]
        tree = {"buffers": [{"byteLength": 72}, {"uri": buffer, "byteLength": 36}], "bufferViews": views}
        tree["accessors"] = [accessor(0), accessor(1, "VEC2")]
        mesh = textured({}, b"", UV, root=tmp_path, images=[{"uri": image}], **tree)
        assert mesh.materials[0].texture is not None
        assert mesh.vertices.tolist() == TRIANGLE.tolist()
        assert sorted(map(str, mesh.files)) == sorted(used)


@pytest.mark.parametrize(("mode", "transparent"), [("OPAQUE", False), ("MASK", True), ("BLEND", True)])
def test_transparency_of_a_glb_is_recorded(mode, transparent):
    tree = pbr(baseColorFactor=[1, 0, 0, 0.5])
    tree["materials"][0]["alphaMode"] = mode
    (material,) = read_triangle(**tree).materials
    assert (material.transparent, material.colour) == (transparent, pytest.approx((1, 0, 0)))


def test_colours_of_glb_vertices_are_linear_and_multiply_the_factor():
    colours = np.array([[255, 255, 255, 255], [255, 0, 0, 255], [0, 0, 0, 255]], dtype=np.uint8)
    for array in (colours, (colours / 255).astype("<f4"), (colours.astype("<u2") * 257)):
        mesh = read_triangle(array, **meshes({"COLOR_0": 1}), **pbr(baseColorFactor=[0.75, 1.0, 0.0, 1.0]))
        # Linear means 2/3 * 0.75 = 0.5 and 1/3: 0.7354 and 0.6126 in sRGB, to a 255th.
        assert mesh.materials[0].colour == pytest.approx((0.7354, 0.6126, 0.0), abs=0.003)

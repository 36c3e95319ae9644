"""How a glb looks: base colours, colours of vertices, and where its textures lie (glTF 2.0, section 3.9)."""

import base64

import numpy as np
import pytest

from pipeline.datasets.meshes.gltf import materials
from pipeline.datasets.meshes.look_notes import (
    DAMAGED,
    MISSING,
    NO_COORDINATES,
    OUTSIDE,
    TOO_LARGE,
    UNKNOWN_FORMAT,
    LookNote,
)
from tests.datasets.meshes.glb_files import (
    BLUE,
    COLOURS,
    GREEN,
    RED,
    TRIANGLE,
    WHITE,
    meshes,
    pbr,
    read_triangle,
    textured,
    triangle_at,
)
from tests.datasets.meshes.mesh_files import accessor, encoded, png
from tests.datasets.meshes.test_mesh_sources import shown_colours

UV = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.75]], dtype="<f4")


@pytest.mark.parametrize("kind", ["|u1", "<u2"])
def test_normalised_coordinates(kind):
    uv = triangle_at(GREEN, kind)
    numbers = accessor(1, "VEC2", componentType=5121 if kind == "|u1" else 5123, normalized=True)
    mesh = textured({}, b"", uv, accessors=[accessor(0), numbers])
    assert shown_colours(mesh)[0] == pytest.approx(COLOURS[GREEN])
    assert mesh.uv[0, :, 0] == pytest.approx(np.array([0.65, 0.85, 0.75]), abs=0.005)


def test_another_set_of_coordinates_and_none():
    two = (triangle_at(RED), triangle_at(BLUE))
    assert shown_colours(textured({"texCoord": 1}, b"", *two))[0] == pytest.approx(COLOURS[BLUE])
    mesh = textured({"texCoord": 2}, b"", *two)
    assert shown_colours(mesh)[0] == pytest.approx(127.5)
    assert mesh.look_notes == (LookNote(NO_COORDINATES, "TEXCOORD_2", 1),)


@pytest.mark.parametrize(
    ("transform", "shown"),
    [
        ({"offset": [0.5, 0]}, GREEN),
        ({"offset": [0, -0.5]}, BLUE),
        ({"scale": [3, 1]}, GREEN),
        # Blender's reader and three.js agree: u' = u cos + v sin, v' = v cos - u sin.
        ({"rotation": np.pi / 2}, (0.75, -0.25)),
        ({"rotation": np.pi / 2, "scale": [1, 1 / 3], "offset": [0, 1]}, (0.25, 0.75)),
        ({"texCoord": 1, "offset": [0.5, 0]}, WHITE),
    ],
)
@pytest.mark.parametrize("required", [True, False])
def test_a_moved_texture(transform, shown, required):
    reference = {"texCoord": 0, "extensions": {"KHR_texture_transform": transform}}
    tree = {"extensionsRequired": ["KHR_texture_transform"]} if required else {}
    mesh = textured(reference, b"", triangle_at(RED), triangle_at(BLUE), **tree)
    u, v = (float(part) % 1 for part in shown)
    assert mesh.uv[0].mean(axis=0) % 1 == pytest.approx([u, 1 - v], abs=1e-6)
    assert shown_colours(mesh)[0] == pytest.approx(COLOURS[u, v])


@pytest.mark.parametrize("fallback", [True, False])
def test_webp(fallback):
    picture = encoded(np.full((4, 4, 3), (30, 60, 90), dtype=np.uint8), "WEBP", lossless=True)
    texture = {"extensions": {"EXT_texture_webp": {"source": 1}}, **({"source": 0} if fallback else {})}
    images = [{"bufferView": 0}, {"bufferView": 2, "mimeType": "image/webp"}]
    tree = {"textures": [texture], "images": images, "extensionsRequired": ["EXT_texture_webp"]}
    mesh = textured({}, picture, triangle_at(RED), **tree)
    assert shown_colours(mesh)[0] == pytest.approx([30, 60, 90])


@pytest.mark.parametrize(
    ("wrap", "centre", "shown"),
    [
        ((10497, 10497), (1.25, 0.75), RED),
        ((33071, 10497), (1.3, 0.75), GREEN),
        ((33071, 33071), (-2.6, 5.6), RED),
        ((33648, 10497), (1.25, 0.75), GREEN),
        ((33648, 33648), (-0.25, 1.25), RED),
        ((33648, 33071), (1.75, -3.5), BLUE),
        ((33648, 33648), (5001.25, -6999.75), WHITE),
    ],
)
def test_textures_that_do_not_repeat(wrap, centre, shown):
    texture = {"textures": [{"source": 0, "sampler": 0}], "samplers": [{"wrapS": wrap[0], "wrapT": wrap[1]}]}
    mesh = textured({}, b"", triangle_at(centre), **texture)
    assert shown_colours(mesh)[0] == pytest.approx(COLOURS[shown])


def test_primitives_share_a_texture_that_is_laid_out_a_little_further(monkeypatch):
    monkeypatch.setattr(materials, "OBJECT_PIXELS", 64 * 64 * 2)
    picture = encoded(np.full((64, 64, 3), (30, 60, 90), dtype=np.uint8))
    beyond = [triangle_at((1.01 + number / 1000, 0.5)) for number in range(9)]
    primitives = [{"attributes": {"POSITION": 0, "TEXCOORD_0": number}, "material": 0} for number in range(1, 10)]
    clamped = {"textures": [{"source": 0, "sampler": 0}], "samplers": [{"wrapS": 33071, "wrapT": 33071}]}
    mesh = textured({}, picture, *beyond, meshes=[{"primitives": primitives}], **clamped)
    assert shown_colours(mesh) == pytest.approx(np.tile([30, 60, 90], (9, 1)))
    assert (len(mesh.materials), mesh.look_notes) == (1, ())


def test_a_texture_that_would_have_to_be_laid_out_too_far_is_grey():
    mesh = textured({}, b"", triangle_at((9e9, 0)), textures=[{"source": 0, "sampler": 0}], samplers=[{"wrapS": 33071}])
    assert shown_colours(mesh)[0] == pytest.approx(127.5)
    (note,) = mesh.look_notes
    assert (note.reason, note.grey_faces) == (f"texture {TOO_LARGE}", 1)


def test_colours_of_vertices_multiply_a_texture():
    colours = np.tile(np.array([[0, 1, 1]], dtype="<f4"), (3, 1))
    mesh = textured({}, b"", triangle_at(WHITE), colours, **meshes({"TEXCOORD_0": 1, "COLOR_0": 2}))
    assert shown_colours(mesh)[0] == pytest.approx([0, 220, 220])


def test_a_picture_is_one_whatever_its_names():
    primitive = {"attributes": {"POSITION": 0, "TEXCOORD_0": 1}}
    tree = {
        "meshes": [{"primitives": [{**primitive, "material": number} for number in range(60)]}],
        "materials": [{"pbrMetallicRoughness": {"baseColorTexture": {"index": number}}} for number in range(60)],
        "textures": [{"source": number} for number in range(60)],
        "images": [{"bufferView": 2, "name": f"name {number}"} for number in range(60)],
    }
    mesh = textured({}, b"", triangle_at(RED), **tree)
    assert (len(mesh.materials), len(mesh.faces)) == (1, 60)


def test_copies_of_pictures_have_a_limit_together(monkeypatch):
    """Each tint is a copy; the pictures themselves are limited by their reader."""
    monkeypatch.setattr(materials, "OBJECT_PIXELS", 20)
    primitive = {"attributes": {"POSITION": 0, "TEXCOORD_0": 1}}
    factors = [[1.0, 0.0, 1.0, 1.0], [0.5, 1.0, 1.0, 1.0]]
    texture = {"baseColorTexture": {"index": 0}}
    mesh = textured(
        {},
        b"",
        triangle_at(WHITE),
        meshes=[{"primitives": [{**primitive, "material": number} for number in (0, 1)]}],
        materials=[{"pbrMetallicRoughness": {"baseColorFactor": factor, **texture}} for factor in factors],
    )
    assert shown_colours(mesh) == pytest.approx(np.array([[220, 0, 220], [127.5] * 3]))
    (note,) = mesh.look_notes
    assert (note.reason, note.grey_faces) == (f"texture {TOO_LARGE}", 1)


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

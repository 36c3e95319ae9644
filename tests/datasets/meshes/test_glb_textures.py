"""Where a glb's textures lie on its faces."""

import numpy as np
import pytest

from pipeline.datasets.meshes.gltf import materials
from pipeline.datasets.meshes.look_notes import NO_COORDINATES, TOO_LARGE, LookNote
from tests.datasets.meshes.glb_files import BLUE, COLOURS, GREEN, RED, WHITE, meshes, textured, triangle_at
from tests.datasets.meshes.mesh_files import accessor, encoded
from tests.datasets.meshes.test_mesh_sources import shown_colours


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

"""Prepared meshes as bytes: what goes in comes back, and what was changed is refused."""

from dataclasses import fields

import numpy as np
import pytest

from pipeline.datasets.meshes.look_notes import LookNote
from pipeline.datasets.records import Material, Mesh
from render.mesh_file import DamagedMeshError, mesh_from_bytes, mesh_to_bytes
from render.prepared_mesh import PreparedMesh, prepare
from tests.render.meshes import cube

WOOD = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype(np.uint8)


def prepared() -> PreparedMesh:
    plain = cube(0.4)
    rng = np.random.default_rng(1)
    mesh = Mesh(
        vertices=plain.vertices + rng.normal(scale=0.01, size=plain.vertices.shape),
        faces=plain.faces,
        uv=rng.uniform(-54, 56, plain.uv.shape),
        face_material=np.arange(12, dtype=np.int32) % 3,
        materials=(
            Material((0.1, 0.2, 0.3), None, transparent=True),
            Material((1.0, 1.0, 1.0), WOOD),
            Material((0.5, 1 / 3, 1.0), WOOD),
        ),
        look_notes=(LookNote("texture is missing", "../images/gone.jpg", 2),),
    )
    return prepare(mesh, np.eye(4))


def assert_same(a: PreparedMesh, b: PreparedMesh) -> None:
    for field in fields(PreparedMesh):
        one, other = getattr(a, field.name), getattr(b, field.name)
        if isinstance(one, np.ndarray):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)
    assert a.look_notes == b.look_notes
    for one, other in zip(a.materials, b.materials, strict=True):
        assert (one.colour, one.transparent) == (other.colour, other.transparent)
        assert (one.texture is None) == (other.texture is None)
        if one.texture is not None:
            np.testing.assert_array_equal(one.texture, other.texture)


def test_what_goes_in_comes_back_to_the_last_bit() -> None:
    assert_same(mesh_from_bytes(mesh_to_bytes(prepared())), prepared())


def test_equal_meshes_are_equal_bytes() -> None:
    assert mesh_to_bytes(prepared()) == mesh_to_bytes(prepared())


def test_a_shared_texture_is_held_once() -> None:
    mesh = mesh_from_bytes(mesh_to_bytes(prepared()))
    assert mesh.materials[1].texture is mesh.materials[2].texture


def test_every_flipped_bit_is_noticed() -> None:
    good = mesh_to_bytes(prepared())
    header = 8 + int.from_bytes(good[:8], "little")
    rng = np.random.default_rng(2)
    for place in [*rng.integers(0, header, 100), *rng.integers(header, len(good), 100)]:
        bad = bytearray(good)
        bad[place] ^= 1 << int(rng.integers(8))
        try:
            mesh = mesh_from_bytes(bytes(bad))
        except DamagedMeshError:
            continue
        assert_same(mesh, prepared())  # blanks that fill the header up may change


@pytest.mark.parametrize("length", [0, 7, 8, 100, -1])
def test_a_part_of_a_file_is_refused(length: int) -> None:
    with pytest.raises(DamagedMeshError):
        mesh_from_bytes(mesh_to_bytes(prepared())[:length])

"""What an audit finds in meshes whose faults are known by construction."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.config.settings import Camera, load_settings
from pipeline.datasets.alignment import place_mesh
from pipeline.datasets.axes import SHAPENET_V2
from pipeline.datasets.meshes.look_notes import LookNote
from pipeline.datasets.meshes.obj_materials import GREY
from pipeline.datasets.records import Mesh
from pipeline.manifests.audit import (
    DEGENERATE,
    FLAT,
    GREY_FACES,
    HEAVY,
    LOOK,
    MEANING,
    OUTSIDE_IMAGE,
    OUTSIDE_RANGE,
    STRAY,
    TRANSPARENT,
    TWINS,
    ObjectAudit,
    audit_mesh,
)
from pipeline.upkeep.audit import audit_table

# A unit cube; its longest edge is 1, so 0.7 in the world: its corners reach 0.7 * sqrt(3) / 2 = 0.606.
CORNERS = np.array([[x, y, z] for x in (0.0, 1.0) for y in (0.0, 1.0) for z in (0.0, 1.0)])
CUBE = np.array(
    [
        [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
        [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3],
    ],
    dtype=np.int32,
)  # fmt: skip


def mesh(vertices: np.ndarray, faces: np.ndarray) -> Mesh:
    return Mesh(vertices, faces, np.zeros((len(faces), 3, 2)), np.zeros(len(faces), dtype=np.int32), (GREY,))


def audit(made: Mesh, camera: Camera | None = None, longest_edge: float = 0.3) -> ObjectAudit:
    place = place_mesh(made.vertices, made.faces, SHAPENET_V2, longest_edge)
    return audit_mesh("x", made, place, camera or load_settings().camera)


def found(result: ObjectAudit) -> dict[str, str]:
    return {finding.kind: finding.detail for finding in result.findings}


def test_a_sound_mesh_has_no_finding() -> None:
    result = audit(mesh(CORNERS * [1, 2, 3], CUBE))
    assert result == ObjectAudit("x", 12, (1.0, 2.0, 3.0), ())


def test_twins_count_by_position_whatever_the_winding_and_the_indices() -> None:
    twice = np.concatenate([CORNERS, CORNERS])
    faces = np.concatenate([CUBE, CUBE[:6, ::-1] + 8])
    assert found(audit(mesh(twice, faces.astype(np.int32)))) == {TWINS: "33.3% of the faces"}


def test_transparent_faces_are_counted() -> None:
    made = mesh(CORNERS, CUBE)
    glass = replace(made.materials[0], transparent=True)
    half = replace(made, materials=(made.materials[0], glass), face_material=(np.arange(12) % 4 == 0).astype(np.int32))
    assert found(audit(half)) == {TRANSPARENT: "25.0% of the faces"}


def test_the_unit_does_not_matter() -> None:
    assert found(audit(mesh(CORNERS * 1e-9, CUBE))) == {}
    assert found(audit(mesh(CORNERS * 1e9, CUBE))) == {}


def test_faces_without_area_and_vertices_without_faces() -> None:
    faces = np.concatenate([CUBE, [[0, 1, 1], [0, 0, 0], [0, 9, 7], [0, 7, 9]]]).astype(np.int32)
    vertices = np.concatenate([CORNERS, [[5.0, 5.0, 5.0], [0.5, 0.5, 0.5]]])  # 8 has no face; 0, 9, 7 lie on a line
    held = found(audit(mesh(vertices, faces)))
    assert held.keys() == {TWINS, DEGENERATE, STRAY}
    assert held[DEGENERATE] == "25.0% of the faces"
    assert held[STRAY] == "1 of 10"


def test_a_sheet_is_flat() -> None:
    assert found(audit(mesh(CORNERS * [1, 1, 1e-4], CUBE))) == {FLAT: "0.0001 of the longest edge"}


def test_grey_faces_are_counted_and_many_faces_said() -> None:
    made = replace(mesh(CORNERS, np.tile(CUBE, (41_667, 1))), look_notes=(LookNote("texture is missing", "a.jpg", 7),))
    held = found(audit(made))
    assert held[GREY_FACES] == "texture is missing: a.jpg (7 grey faces)"
    assert held[HEAVY] == "500004"


def test_looks_are_summed_up_by_their_reason() -> None:
    lost, chosen = LookNote("texture is missing", "a.jpg", 7), LookNote("material has Ka alone", "skin")
    notes = {"a": (lost, chosen), "b": (lost, replace(lost, detail="b.jpg", grey_faces=1)), "c": ()}
    audits = [replace(audit(replace(mesh(CORNERS, CUBE), look_notes=own)), id=name) for name, own in notes.items()]
    assert audit_table("thing", audits).splitlines()[2:] == [
        f"       2 {GREY_FACES} (66.7%): {MEANING[GREY_FACES]}",
        "           texture is missing: 2 objects, 15 grey faces, such as a: a.jpg",
        f"       1 {LOOK} (33.3%): {MEANING[LOOK]}",
        "           material has Ka alone: 1 object, such as a: skin",
    ]


@pytest.mark.parametrize(
    ("longest_edge", "kinds"),
    [(0.57, set()), (0.58, {OUTSIDE_RANGE}), (0.62, {OUTSIDE_RANGE}), (0.63, {OUTSIDE_RANGE, OUTSIDE_IMAGE})],
)
def test_the_sphere_must_fit_range_and_image(longest_edge: float, kinds: set[str]) -> None:
    # near and far leave 0.5 about the origin, the field of view 1.3 * sin(0.857556 / 2) = 0.5406; corners reach 0.866
    assert set(found(audit(mesh(CORNERS, CUBE), longest_edge=longest_edge))) == kinds

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


TWICE = np.concatenate([CORNERS, CORNERS])
GLASS = replace(mesh(CORNERS, CUBE).materials[0], transparent=True)
QUARTER = (np.arange(12) % 4 == 0).astype(np.int32)
LOST = LookNote("texture is missing", "a.jpg", 7)
# 8 has no face; 0, 9, 7 lie on a line
STRAYED = np.concatenate([CORNERS, [[5.0, 5.0, 5.0], [0.5, 0.5, 0.5]]])
NO_AREA = np.concatenate([CUBE, [[0, 1, 1], [0, 0, 0], [0, 9, 7], [0, 7, 9]]]).astype(np.int32)


@pytest.mark.parametrize(
    ("made", "findings"),
    [
        (mesh(CORNERS * [1, 2, 3], CUBE), {}),
        (mesh(CORNERS * 1e-9, CUBE), {}),  # the unit does not matter
        (mesh(CORNERS * 1e9, CUBE), {}),
        # twins count by position, whatever the winding and the indices
        (mesh(TWICE, np.concatenate([CUBE, CUBE[:6, ::-1] + 8]).astype(np.int32)), {TWINS: "33.3% of the faces"}),
        (
            replace(mesh(CORNERS, CUBE), materials=(GREY, GLASS), face_material=QUARTER),
            {TRANSPARENT: "25.0% of the faces"},
        ),
        (mesh(STRAYED, NO_AREA), {TWINS: "6.2% of the faces", DEGENERATE: "25.0% of the faces", STRAY: "1 of 10"}),
        (mesh(CORNERS * [1, 1, 1e-4], CUBE), {FLAT: "0.0001 of the longest edge"}),
        (
            replace(mesh(CORNERS, np.tile(CUBE, (41_667, 1))), look_notes=(LOST,)),
            {GREY_FACES: "texture is missing: a.jpg (7 grey faces)", HEAVY: "500004", TWINS: "100.0% of the faces"},
        ),
    ],
)
def test_what_is_found_and_how_much_of_it(made: Mesh, findings: dict[str, str]) -> None:
    assert found(audit(made)) == findings


def test_an_audit_says_the_extent_in_the_unit_of_the_file() -> None:
    assert audit(mesh(CORNERS * [1, 2, 3], CUBE)) == ObjectAudit("x", 12, (1.0, 2.0, 3.0), ())


def test_looks_are_summed_up_by_their_reason() -> None:
    chosen = LookNote("material has Ka alone", "skin")
    notes = {"a": (LOST, chosen), "b": (LOST, replace(LOST, detail="b.jpg", grey_faces=1)), "c": ()}
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

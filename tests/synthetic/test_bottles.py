"""Made-up bottles: upright, labelled on the front, with the parts and keypoints that each kind should have."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.synthetic.bottle.bottle import KINDS, make_bottle
from pipeline.synthetic.bottle.partnet_names import NAMES
from pipeline.synthetic.draws import named_generator
from pipeline.synthetic.pieces import Design, Piece
from tests.synthetic.designs import keypoints_of

PARTS = {"spray": {0, 1, 2, 3}, "detergent": {0, 1, 2, 3}, "jug": {0, 4, 5}}  # of all others 0, 1, and 2 with a lid
BOTTLES = [(kind, make_bottle(kind, named_generator("test", kind, seed))) for kind in KINDS for seed in range(3)]
each_bottle = pytest.mark.parametrize(
    ("kind", "made"), BOTTLES, ids=lambda value: value if isinstance(value, str) else ""
)


def vertices_of(made: Design) -> np.ndarray:
    return np.concatenate([piece.surface.vertices for piece in made.pieces])


def named(made: Design, name: str) -> list[Piece]:
    return [piece for piece in made.pieces if piece.name == name]


@each_bottle
def test_parts_and_keypoints_of_each_kind(kind: str, made: Design) -> None:
    labels, ids = {piece.label for piece in made.pieces}, set(keypoints_of(made))
    assert labels in ([PARTS[kind]] if kind in PARTS else [{0, 1}, {0, 1, 2}])
    assert set(range(3, 13)) | {17} <= ids
    assert (0 in ids) == (kind != "jug")
    assert ({13, 14} <= ids) == (kind in {"jug", "detergent"})
    assert (15 in ids) == (kind in {"spray", "pump"})
    assert (16 in ids) == (kind == "spray")
    assert ({18, 19} <= ids) == (kind == "soda")


@each_bottle
def test_bottles_stand_on_the_floor_under_their_lids(kind: str, made: Design) -> None:
    points, vertices = keypoints_of(made), vertices_of(made)
    high = vertices[:, 1].max()
    assert vertices[:, 1].min() == pytest.approx(0.0, abs=1e-9)
    assert all(points[number][1] < 0.03 * high for number in range(9, 13))
    assert all(points[low][1] < points[middle][1] for low in range(9, 13) for middle in range(5, 9))
    assert all(points[middle][1] < points[neck][1] for middle in range(5, 9) for neck in (3, 4))
    if 0 in points:
        assert points[0][1] == pytest.approx(high, abs=1e-3 * high)


@each_bottle
def test_sides_follow_the_convention(kind: str, made: Design) -> None:
    points = keypoints_of(made)
    for left, right in ((1, 2), (3, 4), (5, 6), (9, 10), (18, 19)):
        if left in points:
            assert points[left][0] < points[right][0]
    for front, rear in ((7, 8), (11, 12)):
        assert points[front][2] < 0 < points[rear][2]
    assert points[17][2] < 0, "the label is on the front"
    if 15 in points:
        assert points[15][2] == pytest.approx(vertices_of(made)[:, 2].min(), abs=0.004), "the spout points there"
    if 13 in points:
        assert points[13][1] > points[14][1]


@each_bottle
def test_labels_can_be_read_by_one_who_looks_at_them(kind: str, made: Design) -> None:
    """At the front, seen from -z, the reader's right is -x; at the rear it is +x. v runs upwards at both."""
    for name, right in (("front label", -1.0), ("badge", -1.0), ("rear label", 1.0)):
        for piece in named(made, name):
            corners = piece.surface.vertices[piece.surface.faces].reshape(-1, 3)
            uv = piece.surface.uv.reshape(-1, 2)
            assert np.corrcoef(uv[:, 0], right * corners[:, 0])[0, 1] > 0.95
            assert np.corrcoef(uv[:, 1], corners[:, 1])[0, 1] > 0.99
            assert uv.min() == 0.0
            assert uv.max() == 1.0


@each_bottle
def test_front_and_rear_differ(kind: str, made: Design) -> None:
    if named(made, "rear label"):
        front, rear = (made.materials[material].texture for material in ("front", "rear"))
        assert front is not None
        assert rear is not None
        assert np.abs(front.astype(float) - rear.astype(float)).mean() > 10
    else:
        assert kind in {"soda", "flask", "jug"}


@each_bottle
def test_what_is_wrapped_around_has_its_middle_at_the_front(kind: str, made: Design) -> None:
    """And no face of a wall spans the seam the wrong way."""
    for piece in made.pieces:
        if piece.material in {"glass", "clay", "band"}:
            corners, u = piece.surface.vertices[piece.surface.faces], piece.surface.uv[..., 0]
            wall = np.hypot(corners[..., 0], corners[..., 2]).min(axis=1) > 0.004
            assert np.ptp(u[wall], axis=1).max() < 0.2
            front = wall[:, None] & (np.abs(corners[..., 0]) < -0.1 * corners[..., 2])
            assert front.any()
            assert np.abs(u[front] - 0.5).max() < 0.02


@pytest.mark.samples
def test_the_names_are_the_published_ones(samples: Path) -> None:
    stats = samples / "partnet" / "stats"
    lines = (stats / "after_merging_label_ids" / "Bottle-level-1.txt").read_text().splitlines()
    assert [line.split()[1] for line in lines] == [f"bottle/{path}" for path in NAMES.level1]
    rows = (stats / "merging_hierarchy_mapping" / "Bottle.txt").read_text().splitlines()
    published = dict(row.split() for row in rows)
    assert all(published[f"bottle/{raw}"] == f"bottle/{merged}" for raw, merged in NAMES.merged.items())

"""Made-up bottles: upright, labelled on the front, with the parts and keypoints that each kind should have."""

import numpy as np
import pytest

from pipeline.synthetic.pieces import Design
from tests.synthetic.designs import each_kind, keypoints_of, vertices_of

PARTS = {"spray": {0, 1, 2, 3}, "detergent": {0, 1, 2, 3}, "jug": {0, 4, 5}}  # of all others 0, 1, and 2 with a lid
each_bottle = each_kind("bottle")


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
def test_bottles_stand_upright_and_their_sides_follow_the_convention(kind: str, made: Design) -> None:
    points, vertices = keypoints_of(made), vertices_of(made)
    high = vertices[:, 1].max()
    assert vertices[:, 1].min() == pytest.approx(0.0, abs=1e-9)
    assert all(points[number][1] < 0.03 * high for number in range(9, 13))
    assert all(points[low][1] < points[middle][1] for low in range(9, 13) for middle in range(5, 9))
    assert all(points[middle][1] < points[neck][1] for middle in range(5, 9) for neck in (3, 4))
    assert 0 not in points or points[0][1] == pytest.approx(high, abs=1e-3 * high)
    pairs = [pair for pair in ((1, 2), (3, 4), (5, 6), (9, 10), (18, 19)) if pair[0] in points]
    assert all(points[left][0] < points[right][0] for left, right in pairs)
    assert all(points[front][2] < 0 < points[rear][2] for front, rear in ((7, 8), (11, 12)))
    assert points[17][2] < 0, "the label is on the front"
    assert 15 not in points or points[15][2] == pytest.approx(vertices[:, 2].min(), abs=0.004), "the spout points there"
    assert 13 not in points or points[13][1] > points[14][1]


@each_bottle
def test_labels_can_be_read_by_one_who_looks_at_them(kind: str, made: Design) -> None:
    """At the front, seen from -z, the reader's right is -x; at the rear it is +x. v runs upwards at both."""
    labels = [piece for piece in made.pieces if piece.name in {"front label", "badge", "rear label"}]
    assert {piece.name for piece in labels} >= {"rear label"} or kind in {"soda", "flask", "jug"}
    for piece in labels:
        right = 1.0 if piece.name == "rear label" else -1.0
        corners = piece.surface.vertices[piece.surface.faces].reshape(-1, 3)
        uv = piece.surface.uv.reshape(-1, 2)
        assert np.corrcoef(uv[:, 0], right * corners[:, 0])[0, 1] > 0.95
        assert np.corrcoef(uv[:, 1], corners[:, 1])[0, 1] > 0.99
        assert (uv.min(), uv.max()) == (0.0, 1.0)


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

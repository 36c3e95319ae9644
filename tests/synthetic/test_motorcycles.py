"""Made-up motorcycles: two wheels in line, the rider's places in order, every part where a motorcycle has it."""

import numpy as np

from pipeline.synthetic.pieces import Design
from tests.synthetic.designs import each_kind, keypoints_of, vertices_of

TANK, SEAT, WHEEL, HANDLE, LIGHT = 1, 2, 3, 4, 5


@each_kind("motorcycle")
def test_two_wheels_stand_in_line(kind: str, made: Design) -> None:
    tyres = [piece.surface.vertices for piece in made.pieces if piece.name.endswith("tyre")]
    assert len(tyres) == 2
    assert tyres[0][:, 2].max() < tyres[1][:, 2].min(), "the front one first, apart"
    for tyre in tyres:
        assert np.isclose(tyre[:, 1].min(), 0.0, atol=1e-9)
        assert np.allclose(tyre[:, 0].max(), -tyre[:, 0].min())
    others = [p.surface.vertices[:, 1].min() for p in made.pieces if p.label != WHEEL]
    assert min(others) > 0.01, "only wheels touch the ground"


@each_kind("motorcycle")
def test_parts_stand_in_order(kind: str, made: Design) -> None:
    tank, seat, handle, light = (vertices_of(made, label) for label in (TANK, SEAT, HANDLE, LIGHT))
    assert (len(tank) == 0) == (kind == "scooter")
    assert handle[:, 2].mean() < seat[:, 2].mean(), "the handle bar is before the seat"
    assert handle[:, 1].max() > seat[:, 1].max() - 0.02, "and above it"
    if len(tank):
        assert handle[:, 2].mean() < tank[:, 2].mean() < seat[:, 2].mean(), "the tank is between them"
    assert light[:, 2].min() < handle[:, 2].min(), "the headlight is before the handle bar"
    assert light[:, 2].max() > seat[:, 2].max(), "the tail light is behind the seat"


@each_kind("motorcycle")
def test_keypoints_are_what_the_table_says(kind: str, made: Design) -> None:
    points, wheels = keypoints_of(made), vertices_of(made, WHEEL)
    assert set(points) <= set(range(20))
    assert np.isclose(points[11][2], wheels[:, 2].min(), atol=1e-3)
    assert np.isclose(points[12][2], wheels[:, 2].max(), atol=1e-3)
    assert points[0][0] > 0.03 > -0.03 > points[1][0]
    assert np.isclose(points[4][0], vertices_of(made, HANDLE)[:, 0].max(), atol=0.08), "a grip's end is far out"
    assert points[6][2] < points[9][2] < points[10][2] < points[7][2], "lamp, seat, tail light"
    assert (8 in points) == (kind != "scooter")
    assert ("windscreen" in {piece.name for piece in made.pieces}) == (18 in points)
    if kind in {"sport", "touring"}:
        assert points[18][1] > points[8][1], "the windscreen is higher than the tank"
    assert (15 in points) == ("left muffler" in {piece.name for piece in made.pieces})
    assert points[14][0] > 0.0
    assert points[14][2] > 0.2, "mufflers end at the rear"

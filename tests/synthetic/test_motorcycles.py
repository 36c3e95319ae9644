"""Made-up motorcycles: two wheels in line, the rider's places in order, every part where a motorcycle has it."""

from functools import cache

import numpy as np
import pytest

from pipeline.synthetic.draws import named_generator
from pipeline.synthetic.motorcycle import motorcycle
from pipeline.synthetic.pieces import Design
from tests.synthetic.designs import keypoints_of, vertices_of

TANK, SEAT, WHEEL, HANDLE, LIGHT = 1, 2, 3, 4, 5
CASES = [(kind, seed) for kind in motorcycle.KINDS for seed in range(3)]


@cache
def made(kind: str, seed: int) -> Design:
    return motorcycle.make_motorcycle(kind, named_generator("test", "motorcycle", kind, seed))


@pytest.mark.parametrize(("kind", "seed"), CASES)
def test_two_wheels_stand_in_line(kind: str, seed: int) -> None:
    design = made(kind, seed)
    tyres = [piece.surface.vertices for piece in design.pieces if piece.name.endswith("tyre")]
    assert len(tyres) == 2
    assert tyres[0][:, 2].max() < tyres[1][:, 2].min(), "the front one first, apart"
    for tyre in tyres:
        assert np.isclose(tyre[:, 1].min(), 0.0, atol=1e-9)
        assert np.allclose(tyre[:, 0].max(), -tyre[:, 0].min())
    others = [p.surface.vertices[:, 1].min() for p in design.pieces if p.label != WHEEL]
    assert min(others) > 0.01, "only wheels touch the ground"


@pytest.mark.parametrize(("kind", "seed"), CASES)
def test_parts_stand_in_order(kind: str, seed: int) -> None:
    design = made(kind, seed)
    tank, seat, handle, light = (vertices_of(design, label) for label in (TANK, SEAT, HANDLE, LIGHT))
    assert (len(tank) == 0) == (kind == "scooter")
    assert handle[:, 2].mean() < seat[:, 2].mean(), "the handle bar is before the seat"
    assert handle[:, 1].max() > seat[:, 1].max() - 0.02, "and above it"
    if len(tank):
        assert handle[:, 2].mean() < tank[:, 2].mean() < seat[:, 2].mean(), "the tank is between them"
    assert light[:, 2].min() < handle[:, 2].min(), "the headlight is before the handle bar"
    assert light[:, 2].max() > seat[:, 2].max(), "the tail light is behind the seat"


@pytest.mark.parametrize(("kind", "seed"), CASES)
def test_keypoints_are_what_the_table_says(kind: str, seed: int) -> None:
    design = made(kind, seed)
    points, wheels = keypoints_of(design), vertices_of(design, WHEEL)
    assert set(points) <= set(range(20))
    assert np.isclose(points[11][2], wheels[:, 2].min(), atol=1e-3)
    assert np.isclose(points[12][2], wheels[:, 2].max(), atol=1e-3)
    assert points[0][0] > 0.03 > -0.03 > points[1][0]
    assert np.isclose(points[4][0], vertices_of(design, HANDLE)[:, 0].max(), atol=0.08), "a grip's end is far out"
    assert points[6][2] < points[9][2] < points[10][2] < points[7][2], "lamp, seat, tail light"
    assert (8 in points) == (kind != "scooter")
    assert ("windscreen" in {piece.name for piece in design.pieces}) == (18 in points)
    if kind in {"sport", "touring"}:
        assert points[18][1] > points[8][1], "the windscreen is higher than the tank"
    assert (15 in points) == ("left muffler" in {piece.name for piece in design.pieces})
    assert points[14][0] > 0.0
    assert points[14][2] > 0.2, "mufflers end at the rear"


def test_kinds_differ_as_their_names_say() -> None:
    bikes = {kind: motorcycle.KINDS[kind](named_generator("test", kind)) for kind in motorcycle.KINDS}
    assert min(bikes, key=lambda kind: bikes[kind].front.radius) == "scooter", "small wheels"
    assert max(bikes, key=lambda kind: bikes[kind].front.radius) == "dirt"
    assert bikes["dirt"].front.style == "wire"
    assert min(bikes, key=lambda kind: bikes[kind].seat[2][1]) == "cruiser", "a low seat"
    assert max(bikes, key=lambda kind: bikes[kind].seat[2][1]) == "dirt"
    assert [kind for kind, bike in bikes.items() if bike.cases] == ["touring"]
    assert bikes["cruiser"].exhaust.both

"""Made-up cars: they stand on four wheels, look towards -Z, and have their parts where a car has them."""

from functools import cache

import numpy as np
import pytest

from pipeline.synthetic.car import car
from pipeline.synthetic.car.body import ARCH, deck
from pipeline.synthetic.draws import named_generator
from pipeline.synthetic.pieces import Design
from tests.synthetic.designs import keypoints_of, vertices_of

ROOF, HOOD, WHEEL, BODY = 1, 2, 3, 4
CASES = [(kind, seed) for kind in car.KINDS for seed in range(3)]


@cache
def made(kind: str, seed: int) -> Design:
    return car.make_car(kind, named_generator("test", "car", kind, seed))


@pytest.mark.parametrize(("kind", "seed"), CASES)
def test_four_wheels_stand_on_the_ground(kind: str, seed: int) -> None:
    design = made(kind, seed)
    tyres = [piece.surface.vertices for piece in design.pieces if piece.name.endswith("tyre")]
    assert len(tyres) == 4
    assert np.allclose([tyre[:, 1].min() for tyre in tyres], 0.0, atol=1e-9)
    assert vertices_of(design, BODY)[:, 1].min() > 0.02, "only wheels touch the ground"
    for tyre in tyres:
        height, length = np.ptp(tyre[:, 1]), np.ptp(tyre[:, 2])
        assert np.isclose(height, length, rtol=0.02), "round"
    points = keypoints_of(design)
    for first, tyre in zip((0, 1, 2, 3), tyres, strict=True):
        middle = 0.5 * (tyre.min(axis=0) + tyre.max(axis=0))
        assert np.allclose(points[first][1:], middle[1:], atol=0.01), "hubs are the middles of the tyres"
        assert abs(points[first][0]) > abs(middle[0]), "on the outer side"


@pytest.mark.parametrize(("kind", "seed"), CASES)
def test_parts_lie_where_a_car_has_them(kind: str, seed: int) -> None:
    design = made(kind, seed)
    roof, hood, body = (vertices_of(design, label) for label in (ROOF, HOOD, BODY))
    assert (len(roof) == 0) == (kind == "roadster")
    assert (len(hood) == 0) == (kind == "bus")
    if len(hood):
        assert hood[:, 2].max() < body[:, 2].mean() + 0.05, "the hood is in front"
    if len(roof):
        windows = next(piece for piece in design.pieces if piece.name == "windows").surface.vertices
        assert roof[:, 1].min() > windows[:, 1].mean()
        assert roof[:, 1].max() > windows[:, 1].max(), "the roof covers the windows"
        assert (np.abs(roof[:, 0]).max() > np.abs(windows[windows[:, 1] > roof[:, 1].min(), 0])).all()


@pytest.mark.parametrize(("kind", "seed"), CASES)
def test_keypoints_are_what_the_table_says(kind: str, seed: int) -> None:
    points, body = keypoints_of(made(kind, seed)), vertices_of(made(kind, seed), BODY)
    front, rear = body[:, 2].min(), body[:, 2].max()
    for low in (8, 9, 12, 13):
        assert points[low][2] < front + 0.05, "headlights and front bumper"
    for high in (10, 11, 14, 15):
        assert points[high][2] > rear - 0.05, "tail lights and rear bumper"
    assert points[0][2] < points[2][2]
    for lower, upper in ((12, 8), (14, 10)):
        assert points[lower][1] < points[upper][1], "lamps stand above bumpers"
    if kind != "roadster":
        assert points[4][2] < points[6][2]
        assert points[4][1] > points[8][1] + 0.05
    assert (19 in points) == (kind == "coupe")
    assert (20 in points) == (kind == "pickup")
    assert set(points) <= set(range(21))


@pytest.mark.parametrize(("kind", "seed"), CASES)
def test_wheel_arches_end_below_the_deck(kind: str, seed: int) -> None:
    dimensions = car.KINDS[kind](named_generator("test", "car", kind, seed))
    for axle in (dimensions.wheels.front, dimensions.wheels.rear):
        top = dimensions.wheels.radius * (1.0 + ARCH)
        assert top < deck(dimensions.body, axle) - 0.004
    assert dimensions.wheels.rear + ARCH * dimensions.wheels.radius < 0.47
    assert dimensions.wheels.front - ARCH * dimensions.wheels.radius > -0.47

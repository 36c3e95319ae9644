"""Made-up cars and motorcycles stand on their wheels, look towards -Z, and have their parts where they belong."""

import numpy as np
import pytest

from pipeline.synthetic.car.shape import ARCH, deck
from pipeline.synthetic.draws import named_generator
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.table import kinds_of
from pipeline.synthetic.pieces import Design
from tests.synthetic.designs import each_kind, keypoints_of, vertices_of


def tyres_of(made: Design) -> list[np.ndarray]:
    return [piece.surface.vertices for piece in made.pieces if piece.name.endswith("tyre")]


@each_kind("car")
def test_four_wheels_stand_on_the_ground(kind: str, made: Design) -> None:
    tyres, points = tyres_of(made), keypoints_of(made)
    assert len(tyres) == 4
    assert vertices_of(made, 4)[:, 1].min() > 0.02, "only wheels touch the ground"
    for number, tyre in enumerate(tyres):
        middle, size = 0.5 * (tyre.min(axis=0) + tyre.max(axis=0)), np.ptp(tyre, axis=0)
        assert np.isclose(tyre[:, 1].min(), 0.0, atol=1e-9)
        assert np.isclose(size[1], size[2], rtol=0.02), "round"
        assert np.allclose(points[number][1:], middle[1:], atol=0.01), "hubs are the middles of the tyres"
        assert abs(points[number][0]) > abs(middle[0]), "on the outer side"


@each_kind("car")
def test_parts_and_keypoints_lie_where_a_car_has_them(kind: str, made: Design) -> None:
    points, (roof, hood, body) = keypoints_of(made), (vertices_of(made, label) for label in (1, 2, 4))
    assert (len(roof) == 0) == (kind == "roadster")
    assert (len(hood) == 0) == (kind == "bus")
    if len(hood):
        assert hood[:, 2].max() < body[:, 2].mean() + 0.05, "the hood is in front"
    if len(roof):
        windows = next(piece for piece in made.pieces if piece.name == "windows").surface.vertices
        assert roof[:, 1].min() > windows[:, 1].mean()
        assert roof[:, 1].max() > windows[:, 1].max(), "the roof covers the windows"
        assert (np.abs(roof[:, 0]).max() > np.abs(windows[windows[:, 1] > roof[:, 1].min(), 0])).all()
        assert points[4][2] < points[6][2]
        assert points[4][1] > points[8][1] + 0.05
    assert all(points[number][2] < body[:, 2].min() + 0.05 for number in (8, 9, 12, 13)), "headlights, front bumper"
    assert all(points[number][2] > body[:, 2].max() - 0.05 for number in (10, 11, 14, 15)), "tail lights, rear bumper"
    assert points[0][2] < points[2][2]
    assert all(points[low][1] < points[high][1] for low, high in ((12, 8), (14, 10))), "lamps stand above bumpers"
    assert (19 in points) == (kind == "coupe")
    assert (20 in points) == (kind == "pickup")
    assert set(points) <= set(range(21))


@pytest.mark.parametrize("kind", kinds_of("car"))
def test_wheel_arches_end_below_the_deck(kind: str) -> None:
    for seed in range(9):
        car = Builder("car", kind, named_generator("arches", kind, seed))
        for axle in (car["wheels"].front, car["wheels"].rear):
            assert car["wheels"].radius * (1.0 + ARCH) < deck(car, axle) - 0.004
            assert abs(axle) + ARCH * car["wheels"].radius < 0.47


@each_kind("motorcycle")
def test_two_wheels_stand_in_line(kind: str, made: Design) -> None:
    front, rear = tyres_of(made)
    assert front[:, 2].max() < rear[:, 2].min(), "the front one first, apart"
    for tyre in (front, rear):
        assert np.isclose(tyre[:, 1].min(), 0.0, atol=1e-9)
        assert np.allclose(tyre[:, 0].max(), -tyre[:, 0].min())
    others = [piece.surface.vertices[:, 1].min() for piece in made.pieces if piece.label != 3]
    assert min(others) > 0.01, "only wheels touch the ground"


@each_kind("motorcycle")
def test_parts_and_keypoints_stand_in_order(kind: str, made: Design) -> None:
    points, names = keypoints_of(made), {piece.name for piece in made.pieces}
    tank, seat, wheels, handle, light = (vertices_of(made, label) for label in range(1, 6))
    assert (len(tank) > 0) == (8 in points) == (kind != "scooter")
    assert handle[:, 2].mean() < seat[:, 2].mean(), "the handle bar is before the seat"
    assert handle[:, 1].max() > seat[:, 1].max() - 0.02, "and above it"
    if len(tank):
        assert handle[:, 2].mean() < tank[:, 2].mean() < seat[:, 2].mean(), "the tank is between them"
    assert light[:, 2].min() < handle[:, 2].min(), "the headlight is before the handle bar"
    assert light[:, 2].max() > seat[:, 2].max(), "the tail light is behind the seat"
    assert np.isclose(points[11][2], wheels[:, 2].min(), atol=1e-3)
    assert np.isclose(points[12][2], wheels[:, 2].max(), atol=1e-3)
    assert points[0][0] > 0.03 > -0.03 > points[1][0]
    assert np.isclose(points[4][0], handle[:, 0].max(), atol=0.08), "a grip's end is far out"
    assert points[6][2] < points[9][2] < points[10][2] < points[7][2], "lamp, seat, tail light"
    assert ("windscreen" in names) == (18 in points)
    if kind in {"sport", "touring"}:
        assert points[18][1] > points[8][1], "the windscreen is higher than the tank"
    assert ("left muffler" in names) == (15 in points)
    assert points[14][0] > 0.0
    assert points[14][2] > 0.2, "mufflers end at the rear"
    assert set(points) <= set(range(20))

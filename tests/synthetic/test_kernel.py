"""The kernel of made-up objects: solids with volumes by hand, tables, colours, and where keypoints land."""

from typing import Any

import numpy as np
import pytest

from pipeline.synthetic.draws import named_generator
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.palette import make_materials
from pipeline.synthetic.kernel.solids import block, box, hull, leg, panel, points, revolved
from pipeline.synthetic.kernel.surface import Surface, joined, nearest, signed_volume
from pipeline.synthetic.kernel.table import drawn, kinds_of
from pipeline.synthetic.kernel.wheels import SQUARE, cast_spokes, rim_ring, tyre, wire_spokes

RECTANGLE = [(-1.0, 2.0), (1.0, 2.0), (1.0, 3.0), (-1.0, 3.0)]
BOX = box((1.0, 1.0, 1.0), (0.0, 0.0, 0.0), bevel=1e-6)
LEG = leg((0.0, 0.0, 0.0), (0.0, 1.0, 0.0), 1.0, 1.0, 4)


@pytest.mark.parametrize(
    ("surface", "volume"),
    [
        (revolved(RECTANGLE, "x", sides=400, hole=True), 10.0 * np.pi),  # Pappus: 2 x 1 on a circle of radius 2.5
        (revolved(RECTANGLE[::-1], "x", sides=400, hole=True), 10.0 * np.pi),
        (panel(points(np.linspace(0.0, 2.0, 5), np.linspace(1.0, 0.0, 3)[:, None], 0.0), 0.1), 0.2),  # 2 x 1 x 0.1
        (LEG.mirrored(), 2.0),  # a square whose half-diagonal is 1
        (joined([BOX, BOX.turned("y", 0.3).moved((2.0, 0.0, 0.0))]), 2.0),
    ],
)
def test_volumes_by_hand(surface: Surface, volume: float) -> None:
    assert np.isclose(signed_volume(surface.vertices, surface.faces), volume, rtol=1e-3)


@pytest.mark.parametrize(
    ("surface", "inner", "outer", "half_width"),
    [
        (tyre(0.3, 0.1, 0.2, SQUARE, 24), 0.2, 0.3, 0.05),
        (rim_ring(0.2, 0.1, 0.04, 24, 0.6), 0.16, 0.206, 0.05),
        (cast_spokes(5, 0.1, 0.3, 0.01, 0.0, 0.0), 0.1, 0.3, 0.015),
        (wire_spokes(12, 0.1, 0.3, 0.05, 0.002), 0.1, 0.3, 0.05),
    ],
)
def test_parts_of_a_wheel_reach_from_radius_to_radius(
    surface: Surface, inner: float, outer: float, half_width: float
) -> None:
    along, radius = surface.vertices[:, 0], np.hypot(surface.vertices[:, 1], surface.vertices[:, 2])
    assert np.allclose([radius.min(), radius.max()], [inner, outer], atol=0.002)
    assert np.allclose([along.min(), along.max()], [-half_width, half_width], atol=0.002)


def test_measures_of_a_block_and_a_hull() -> None:
    # The widest section of a block lies 0.3 of the bevel (0.15 x 0.2) inside the outline on either side.
    size = np.ptp(block(0.3, 0.2, 0.5, power=40.0, bevel=0.15, sides=8).vertices, axis=0)
    assert np.allclose(size, [0.3 - 0.018, 0.2 - 0.018, 0.5], atol=5e-3)
    # Stations: z, height of the middle, half-width, half-height.
    stations = np.array([[0.0, 0.0, 0.1, 0.2], [0.5, 0.1, 0.3, 0.2], [1.0, 0.0, 0.1, 0.1]])
    vertices = hull(stations, power=3.0, count=9, sides=16).vertices
    first, last = (np.ptp(vertices[np.isclose(vertices[:, 2], end)], axis=0) for end in (0.0, 1.0))
    assert np.isclose(first[1] / first[0], 2.0, rtol=0.05)
    assert np.isclose(last[1] / last[0], 1.0, rtol=0.05)
    assert 0.27 < vertices[:, 0].max() <= 0.3


@pytest.mark.parametrize(("point", "foot"), [((0.3, 2.0, 0.6), (0.3, 1.0, 0.6)), ((2.0, 2.0, 2.0), (1.0, 1.0, 1.0))])
def test_the_nearest_point_of_a_box(point: tuple[float, ...], foot: tuple[float, ...]) -> None:
    """Beside a side it is the perpendicular's foot; beyond a corner it is the corner."""
    face, weights = nearest(BOX.vertices[BOX.faces], np.array(point))
    assert (weights >= 0.0).all()
    assert np.allclose(weights @ BOX.vertices[BOX.faces[face]], foot, atol=1e-5)


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        (4, {4.0}),
        (True, {1.0}),
        ("3 | 4", {3.0, 4.0}),
        ("50%", {0.0, 1.0}),
        ("100% a | b", {"a"}),
        ("0% a | b | c", {"b", "c"}),
        ("a if seat.soft | b", {"a"}),
        ("a if seat.bare | 50% b | c", {"b", "c"}),
    ],
)
def test_cells_are_drawn_as_written(cell: Any, values: set[Any]) -> None:
    rng = named_generator("cells")
    assert {drawn(cell, {"seat.soft": 1.0, "seat.bare": 0.0}, rng) for _ in range(60)} == values


def test_ranges_lists_and_shares() -> None:
    rng = named_generator("rows")
    rows = np.array([drawn([[0, "1..2"], [3, "30% 7 | 8"]], {}, rng) for _ in range(400)])
    assert (rows[:, :, 0] == [0, 3]).all()
    assert rows[:, 0, 1].min() == pytest.approx(1.0, abs=0.02)
    assert rows[:, 0, 1].max() == pytest.approx(2.0, abs=0.02)
    assert (rows[:, 1, 1] == 7.0).mean() == pytest.approx(0.3, abs=0.07)


def test_a_table_is_completed() -> None:
    """A kind's own numbers come first, in their order; what it does not say is that of `every`."""
    dining = kinds_of("chair")["dining"]
    assert list(dining)[:2] == ["seat.width", "back.style"]
    assert (dining["base.foot"], dining["seat.soft"]) == (0.85, "fabric")
    beers = [Builder("bottle", "beer", named_generator("either", seed)) for seed in range(20)]
    assert {"neck" in beer["label"] for beer in beers} == {True, False}


def test_materials_are_made_of_colours() -> None:
    colours = {"fixed": [0.0, 1.0, 1.0], "own": [1.0, 1.0, 1.0], "opposite": [1.5, 1.0, 1.0], "alias": "fixed"}
    materials = {name: name for name in colours} | {"weave": "weave own", "again": "weave", "other": "weave fixed"}
    cells = {f"colours.{name}": cell for name, cell in colours.items()}
    cells |= {f"materials.{name}": cell for name, cell in materials.items()}
    made = make_materials(cells, {}, named_generator("hues"))
    assert made["fixed"].colour == made["alias"].colour == (1.0, 0.0, 0.0)
    assert np.allclose(np.add(made["own"].colour, made["opposite"].colour), 1.0), "complementary: hues from 1 on turn"
    assert made["again"] is made["weave"]
    assert made["other"].texture is not None
    assert made["other"].texture[..., 1:].max() == 0, "a texture of its own, in red, though a material has its name"


def test_keypoints_lie_on_their_part() -> None:
    builder = Builder("chair", "dining", named_generator("builder"))
    builder.add("near", BOX, "metal", "chair_base/pedestal_base/pedestal")
    builder.add_pair("far", BOX.moved((3.0, 0.0, 0.0)), "dark", "chair_arm:{side}/arm_sofa_style")
    builder.keypoint(7, "base", (2.5, 0.5, 0.5))  # nearer to the arm
    builder.keypoint_pair(2, "arm", (5.0, 0.5, 0.5))
    made = builder.design()
    places = {keypoint.semantic_id: made.pieces[keypoint.piece].name for keypoint in made.keypoints}
    assert places == {2: "right far", 3: "left far", 7: "near"}
    assert [piece.label for piece in made.pieces] == [4, 3, 3]
    assert set(made.materials) == {"metal", "dark"}, "materials that nothing shows are left out"

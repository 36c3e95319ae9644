"""The kernel of made-up objects: solids with measures by hand, tables, colours, and where keypoints land."""

import numpy as np
import pytest

from pipeline.synthetic.draws import named_generator
from pipeline.synthetic.kernel import table
from pipeline.synthetic.kernel.builder import Builder
from pipeline.synthetic.kernel.palette import make_materials
from pipeline.synthetic.kernel.solids import block, box, hull, leg, panel, points, revolved, rounded, tube
from pipeline.synthetic.kernel.surface import Surface, joined, nearest, signed_volume
from pipeline.synthetic.kernel.table import Group
from pipeline.synthetic.kernel.wheels import SQUARE, cast_spokes, cover, hub, tyre, wire_spokes
from pipeline.synthetic.partnet_names import label_of_path

RECTANGLE = [(-1.0, 2.0), (1.0, 2.0), (1.0, 3.0), (-1.0, 3.0)]
SURFACES = {
    "ring": revolved(RECTANGLE, "x", hole=True),
    "ring wound the other way": revolved(RECTANGLE[::-1], "x", hole=True),
    "tyre": tyre(0.3, 0.1, 0.2, SQUARE, 24),
    "hub": hub(0.1, 0.2),
    "cover": cover(0.2, 0.05, 0.01),
    "cast spokes": cast_spokes(5, 0.1, 0.3, 0.01, 0.0, 0.0),
    "wire spokes": wire_spokes(12, 0.1, 0.3, 0.05, 0.002),
    "block": block(0.3, 0.2, 0.5),
    "hull": hull(np.array([(0.0, 0.0, 0.1, 0.2), (0.5, 0.1, 0.3, 0.2), (1.0, 0.0, 0.1, 0.1)]), 2.6, 10, 14),
    "box": box((1.0, 1.0, 1.0), (0.0, 0.0, 0.0), bevel=1e-6),
    "leg": leg((0.1, 0.0, 0.0), (0.0, 1.0, 0.0), 0.1, 0.2, 4),
    "bent tube": tube(rounded([(0.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 1.0, 0.0)], 0.2), 0.05),
    "panel": panel(points(np.linspace(0.0, 2.0, 5), np.linspace(1.0, 0.0, 3)[:, None], 0.0), 0.1, fitted=True),
    "mirrored": leg((0.1, 0.0, 0.0), (0.0, 1.0, 0.0), 0.1, 0.2).mirrored(),
}


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_closed_and_outward(surface: Surface) -> None:
    faces = surface.faces
    edges = {tuple(edge) for edge in np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).tolist()}
    assert len(edges) == 3 * len(faces)
    assert all((b, a) in edges for a, b in edges)
    assert signed_volume(surface.vertices, faces) > 0


@pytest.mark.parametrize(
    ("surface", "volume"),
    [
        (revolved(RECTANGLE, "x", sides=400, hole=True), 10.0 * np.pi),  # Pappus: 2 x 1 on a circle of radius 2.5
        (SURFACES["box"], 1.0),
        (SURFACES["panel"], 0.2),  # 2 x 1 x 0.1
        (leg((0.0, 0.0, 0.0), (0.0, 1.0, 0.0), 1.0, 1.0, 4), 2.0),  # a square whose half-diagonal is 1
        (joined([SURFACES["box"], SURFACES["box"].moved((2.0, 0.0, 0.0))]), 2.0),
        (SURFACES["box"].turned("y", 0.3), 1.0),
    ],
)
def test_volumes_by_hand(surface: Surface, volume: float) -> None:
    assert np.isclose(signed_volume(surface.vertices, surface.faces), volume, rtol=1e-3)


def test_measures_of_solids() -> None:
    x, y, z = SURFACES["tyre"].vertices.T
    assert np.allclose([np.hypot(y, z).min(), np.hypot(y, z).max(), x.max()], [0.2, 0.3, 0.05])
    for name in ("cast spokes", "wire spokes"):
        radius = np.hypot(*SURFACES[name].vertices[:, 1:].T)
        assert radius.min() < 0.105
        assert 0.299 < radius.max() < 0.301
    # The widest section lies 0.3 of the bevel (0.15 x 0.2) inside the outline on either side.
    size = np.ptp(block(0.3, 0.2, 0.5, power=40.0, sides=8).vertices, axis=0)
    assert np.allclose(size, [0.3 - 0.018, 0.2 - 0.018, 0.5], atol=5e-3)
    body = SURFACES["hull"].vertices
    first = np.ptp(body[body[:, 2] < 1e-9], axis=0)
    assert np.isclose(first[1] / first[0], 2.0, rtol=0.05), "a hull passes through its end stations"


def test_the_nearest_point_of_a_box() -> None:
    """Beside a side it is the perpendicular's foot; beyond a corner it is the corner."""
    corners = SURFACES["box"].vertices[SURFACES["box"].faces]
    for point, foot in (((0.3, 2.0, 0.6), (0.3, 1.0, 0.6)), ((2.0, 2.0, 2.0), (1.0, 1.0, 1.0))):
        face, weights = nearest(corners, np.array(point))
        assert np.isclose(weights.sum(), 1.0)
        assert (weights >= 0.0).all()
        assert np.allclose(weights @ corners[face], foot, atol=1e-5)


CELLS = {
    "every": {"leg": {"count": 4, "style": "round"}, "top": {"size": 1}},
    "stool": {"leg": {"radius": "0.1..0.2", "count": "3 | 4"}, "top": {"rows": [[0, "1..2"], [3, 4]], "bare": "50%"}},
    "desk": {"either a side": [{"leg": {"style": "left"}}, {"leg": {"style": "right"}}]},
}


def test_cells_are_drawn_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    every, stool, desk = (CELLS[name] for name in ("every", "stool", "desk"))
    kinds = {"stool": table._completed(every, stool), "desk": table._completed(every, desk)}
    monkeypatch.setattr(table, "kinds_of", lambda _: kinds)
    drawn = [table.draw("chair", "stool", named_generator("cells", number)) for number in range(60)]
    assert all(0.1 < one["leg"].radius < 0.2 for one in drawn)
    assert {one["leg"].count for one in drawn} == {3.0, 4.0}
    assert 10 < sum(one["top"].bare for one in drawn) < 50
    assert {one["top"].size for one in drawn} == {1.0}
    rows = drawn[0]["top"].rows("rows")
    assert rows[[0, 1, 1], [0, 0, 1]].tolist() == [0.0, 3.0, 4.0]
    assert 1.0 < rows[0, 1] < 2.0
    sides = [table.draw("chair", "desk", named_generator("cells", number)) for number in range(20)]
    assert {one["leg"].word("style") for one in sides} == {"left", "right"}
    assert {one["leg"].count for one in sides} == {4.0}
    with pytest.raises(KeyError, match="no 'width' in group 'leg'"):
        _ = drawn[0]["leg"].width


def test_hues_from_one_on_follow_the_objects_own() -> None:
    colours = {"fixed": [0.0, 1.0, 1.0], "own": [1.0, 1.0, 1.0], "opposite": [1.5, 1.0, 1.0]}
    groups = {"colours": Group("colours", colours), "materials": Group("materials", {name: name for name in colours})}
    made = make_materials(groups, colours, {}, named_generator("hues"))
    assert made["fixed"].colour == (1.0, 0.0, 0.0)
    assert np.allclose(np.add(made["own"].colour, made["opposite"].colour), 1.0), "complementary"


def test_keypoints_lie_on_their_part() -> None:
    builder = Builder("plane", "airliner", named_generator("builder"))
    builder.add("near", SURFACES["box"], "metal", "body")
    builder.add_pair("far", SURFACES["box"].moved((3.0, 0.0, 0.0)), "dark", "wing")
    builder.keypoint(7, "body", (0.5, 0.5, 9.0))
    builder.keypoint_pair(2, "wing", (5.0, 0.5, 0.5))
    made = builder.design()
    places = {keypoint.semantic_id: made.pieces[keypoint.piece].name for keypoint in made.keypoints}
    assert places == {2: "right far", 3: "left far", 7: "near"}
    assert [piece.label for piece in made.pieces] == [1, 2, 2]
    assert set(made.materials) == {"metal", "dark"}


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("regular_table/tabletop/tabletop_surface/board:3", 9),
        ("regular_table/table_base/drawer_base/leg:left", 10),
        ("desk/tabletop/tabletop_surface/board", 9),
        ("desk/drawer_base/leg:left", 0),
        ("picnic_table/bench:front", 8),
        ("picnic_table/bench_connector:left", 0),
    ],
)
def test_labels_of_partnet_paths(path: str, label: int) -> None:
    assert label_of_path("table", path.split("/")) == label

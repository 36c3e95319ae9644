"""Made-up objects before they are written: planes and chairs in the stated frame, whole, and unlike each other."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from pipeline.datasets.categories import category_named
from pipeline.errors import UserError
from pipeline.synthetic.draws import dealt
from pipeline.synthetic.generators import GENERATORS, make_object
from pipeline.synthetic.pieces import MadeUpObject, Piece
from pipeline.synthetic.surfaces import signed_volume

CATEGORIES = sorted(GENERATORS)
# Objects of each category that are looked at: at least one of each kind.
COUNT = {"plane": 12, "chair": 16, "table": 18, "bottle": 18, "car": 16, "motorcycle": 12}


def some_of(*categories: str, every: int = 1) -> pytest.MarkDecorator:
    """Runs a test that takes `made` on these categories' objects, or on every second one, third one, ..."""
    chosen = [(category, index) for category in categories for index in range(0, COUNT[category], every)]
    return pytest.mark.parametrize("made", chosen, indirect=True, ids=lambda one: f"{one[0]}-{one[1]}")


@pytest.fixture
def made(request: pytest.FixtureRequest) -> MadeUpObject:
    return object_of(*request.param)


@cache
def object_of(category: str, index: int) -> MadeUpObject:
    return make_object(category, index, 0)


PAIRS = {
    "plane": ((2, 3), (4, 5), (6, 7), (10, 11), (12, 13), (14, 15), (17, 18)),
    "chair": ((0, 1), (2, 3), (4, 5), (6, 7), (8, 9), (17, 18), (19, 20)),
    "table": ((0, 1), (2, 3), (4, 5), (9, 10), (11, 12), (18, 19), (20, 21)),
    "bottle": ((5, 6), (9, 10), (18, 19)),
    "car": tuple((first, first + 1) for first in range(0, 18, 2)),
    "motorcycle": ((0, 1), (2, 3), (4, 5), (16, 17)),
}
VEHICLES = ("car", "motorcycle")
FEET = (*range(11, 16), *range(17, 21))
STANDING = (" leg", " runner", "pedestal")


def vertices_of(made: MadeUpObject) -> np.ndarray:
    return np.concatenate([piece.surface.vertices for piece in made.pieces])


def keypoints_of(made: MadeUpObject) -> dict[int, np.ndarray]:
    points = {}
    for keypoint in made.keypoints:
        surface = made.pieces[keypoint.piece].surface
        points[keypoint.semantic_id] = keypoint.weights @ surface.vertices[surface.faces[keypoint.face]]
    return points


def longest_edge(made: MadeUpObject) -> float:
    return float(np.ptp(vertices_of(made), axis=0).max())


def spread(piece: Piece, count: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    corners = piece.surface.vertices[piece.surface.faces]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    face = rng.choice(len(corners), count, p=area / area.sum())
    weights = rng.dirichlet([1.0, 1.0, 1.0], count)
    return np.concatenate([piece.surface.vertices, np.einsum("nk,nkd->nd", weights, corners[face])])


@pytest.mark.parametrize("category", CATEGORIES)
@settings(max_examples=6)
@given(seed=st.integers(0, 2**31), index=st.integers(0, 10_000))
def test_any_object_is_sound(category: str, seed: int, index: int) -> None:
    made = make_object(category, index, seed)
    names = category_named(category).part_names
    unlabelled = {0} if category_named(category).partnet else set()  # PartNet's level 1 does not name every part
    assert {piece.label for piece in made.pieces} <= set(range(1, len(names) + 1)) | unlabelled
    assert len({piece.name for piece in made.pieces}) == len(made.pieces)
    assert {piece.material for piece in made.pieces} == set(made.materials)
    most = 7500 if made.category in VEHICLES else 4000
    assert 500 <= sum(len(piece.surface.faces) for piece in made.pieces) <= most
    ids = [keypoint.semantic_id for keypoint in made.keypoints]
    assert ids == sorted(set(ids))
    assert 8 <= len(ids) <= (20 if made.category in VEHICLES else 17)
    for keypoint in made.keypoints:
        assert np.isclose(keypoint.weights.sum(), 1.0)
        assert (keypoint.weights >= 0).all()


@some_of(*CATEGORIES, every=2)
def test_surfaces_are_closed_and_look_outward(made: MadeUpObject) -> None:
    for piece in made.pieces:
        vertices, faces = piece.surface.vertices, piece.surface.faces
        edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
        directed = {tuple(edge) for edge in edges.tolist()}
        assert len(directed) == len(edges), piece.name
        assert all((b, a) in directed for a, b in directed), piece.name
        assert signed_volume(vertices, faces) > 0, piece.name


@some_of(*CATEGORIES, every=2)
def test_pieces_hang_together(made: MadeUpObject) -> None:
    """From the first piece one can walk to all others over gaps of at most 1 % of the longest edge."""
    gap, clouds = 0.01 * longest_edge(made), [spread(piece, 2500) for piece in made.pieces]
    trees = [cKDTree(cloud) for cloud in clouds]
    reached, waiting = {0}, [0]
    while waiting:
        here = waiting.pop()
        low, high = clouds[here].min(axis=0) - gap, clouds[here].max(axis=0) + gap
        for other in set(range(len(clouds))) - reached:
            near = clouds[other][((clouds[other] >= low) & (clouds[other] <= high)).all(axis=1)]
            if len(near) and trees[here].query(near, distance_upper_bound=gap)[0].min() < gap:
                reached.add(other)
                waiting.append(other)
    assert reached == set(range(len(clouds))), [made.pieces[i].name for i in set(range(len(clouds))) - reached]


@some_of(*CATEGORIES)
def test_keypoints_lie_on_their_mirror_images(made: MadeUpObject) -> None:
    """Right and left of a pair differ in the sign of x alone: all objects here are symmetric, but for handles."""
    right_first = made.category in {"plane", *VEHICLES}
    points, edge = keypoints_of(made), longest_edge(made)
    for first, second in PAIRS[made.category]:
        assert (first in points) == (second in points)
        if first in points:
            assert np.allclose(points[first] * [-1, 1, 1], points[second], atol=0.02 * edge), (first, second)
            assert (points[first][0] > 0) == right_first


@some_of("plane")
def test_planes_fly_towards_minus_z(made: MadeUpObject) -> None:
    points, vertices = keypoints_of(made), vertices_of(made)
    assert np.isclose(points[0][2], vertices[:, 2].min(), atol=0.02)
    assert points[1][2] > 0.45
    top = points.get(8, points.get(17))
    assert top is not None
    assert top[2] > 0.25, "the fin stands at the rear"
    assert np.isclose(top[1], vertices[:, 1].max(), atol=0.03), "the fin is the highest part"
    assert np.isclose(points[2][0], vertices[:, 0].max(), atol=0.02), "the wing tip is the outermost point"
    for front, rear in ((4, 6), (5, 7)):
        assert points[front][2] < points[rear][2]


@some_of("chair")
def test_sitters_look_towards_minus_z(made: MadeUpObject) -> None:
    points = keypoints_of(made)
    back, seat = points[21], 0.25 * (points[2] + points[3] + points[4] + points[5])
    assert back[2] > seat[2], "the back is behind the seat"
    assert back[1] > seat[1] + 0.25, "and above it"
    assert points[2][2] < points[4][2]


@some_of("chair")
def test_chairs_stand_on_the_floor(made: MadeUpObject) -> None:
    assert abs(vertices_of(made)[:, 1].min()) < 1e-6
    feet = [point for semantic_id, point in keypoints_of(made).items() if semantic_id in FEET]
    assert all(abs(foot[1]) < 1e-3 for foot in feet)
    standing = [piece for piece in made.pieces if piece.name.endswith(STANDING) or piece.name.startswith("wheel")]
    lowest = [piece.surface.vertices[:, 1].min() for piece in standing]
    assert len(lowest) in {1, 2, 4, 5}
    assert np.allclose(lowest, 0.0, atol=1e-5), "all feet stand together"


@pytest.mark.parametrize("category", CATEGORIES)
def test_objects_differ(category: str) -> None:
    objects = [object_of(category, index) for index in range(COUNT[category])]
    sizes = [np.round(np.ptp(vertices_of(made), axis=0), 6).tobytes() for made in objects]
    assert len(set(sizes)) == len(objects), "proportions"
    assert len({frozenset(k.semantic_id for k in made.keypoints) for made in objects}) >= 4, "structure"
    parts = {frozenset(piece.label for piece in made.pieces) for made in objects}
    assert len(parts) >= {"plane": 1, "car": 3, "motorcycle": 2}.get(category, 3), "presence of parts"
    textures = {
        material.texture.tobytes()
        for made in objects
        for material in made.materials.values()
        if material.texture is not None
    }
    assert len(textures) >= 2 * len(objects), "looks"
    assert any((piece.surface.uv > 1).any() or (piece.surface.uv < 0).any() for piece in objects[0].pieces), "uv wraps"


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_run_of_objects_holds_every_kind(category: str) -> None:
    kinds = GENERATORS[category].kinds
    for start in (0, len(kinds)):
        assert {dealt(kinds, category, start + i, 5) for i in range(len(kinds))} == set(kinds)


def test_seeds_and_indices_change_the_object() -> None:
    first, again = make_object("chair", 3, 0), make_object("chair", 3, 0)
    assert vertices_of(first).tobytes() == vertices_of(again).tobytes()
    assert vertices_of(first).tobytes() != vertices_of(make_object("chair", 3, 1)).tobytes()


def test_a_category_without_generator_is_named() -> None:
    with pytest.raises(UserError, match=r"^made-up objects exist for plane, chair, .*, not for 'boat'\.$"):
        make_object("boat", 0, 0)

"""The control: similarity by cosine of its map is nearness in the image."""

import numpy as np
import pytest
import torch

from eval.descriptors.position import position_descriptor, position_map
from eval.descriptors.similarity import most_similar
from pipeline.config.settings import Camera
from pipeline.datasets.records import ObjectKey
from render.cameras import centred_intrinsics

CAMERA = Camera(size=128)
CENTRED = centred_intrinsics(128, CAMERA.angle_x)
A, B = ObjectKey("03001627", "a"), ObjectKey("03001627", "b")


def control():
    pose = np.eye(4, dtype=np.float32)
    pose[2, 3] = 2
    return position_descriptor(lambda _key, _view: (pose, CENTRED), CAMERA.size, torch.device("cpu"))


def assert_cosine_orders_as_distance(queries, candidates, squares):
    """`squares` are whole squared distances: whatever is nearer must be more similar, by more than rounding."""
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (queries, candidates)]
    for similarity, square in zip(unit[0] @ unit[1].T, squares, strict=True):
        order = np.argsort(square, kind="stable")
        starts = np.flatnonzero(np.diff(square[order], prepend=-1))
        most, least = (pick.reduceat(similarity[order], starts) for pick in (np.maximum, np.minimum))
        assert (least[:-1] - most[1:] > 1e-12).all()


def test_order_by_cosine_is_order_by_distance_over_the_whole_grid():
    cells = position_map(32).reshape(-1, 3).astype(np.float64)
    place = np.stack(np.divmod(np.arange(32 * 32), 32), axis=1)
    squares = ((place[:, None] - place) ** 2).sum(axis=2)
    assert_cosine_orders_as_distance(cells, cells, squares)


def test_order_by_cosine_is_order_by_distance_over_all_pixels():
    # Inside the centres of the outermost cells; beyond them the map is constant.
    pixels = np.stack(np.divmod(np.arange(124 * 124), 124), axis=1) + 2
    chosen = pixels[np.random.default_rng(0).choice(len(pixels), 40, replace=False)]
    described = [control().at_pixels(A, 0, 0, asked).double().numpy() for asked in (chosen, pixels)]
    assert_cosine_orders_as_distance(*described, ((chosen[:, None] - pixels) ** 2).sum(axis=2))


@pytest.mark.parametrize("size", [32, 128, 512])
def test_the_most_similar_pixel_is_a_nearest_one(size):
    draw = np.random.default_rng(size)
    descriptor = position_descriptor(lambda _key, _view: (np.eye(4), CENTRED), size, torch.device("cpu"))
    queries, candidates = (draw.integers(2, size - 2, size=(300, 2)) for _ in range(2))
    found = most_similar(descriptor.at_pixels(A, 1, 1, queries), descriptor.at_pixels(B, 2, 2, candidates)).numpy()
    away = np.linalg.norm(queries[:, None] - candidates, axis=2)
    assert (away[np.arange(300), found] == away.min(axis=1)).all()


def test_objects_and_views_do_not_matter():
    pixels = np.array([[3, 4], [100, 7]])
    assert torch.equal(control().at_pixels(A, 0, 0, pixels), control().at_pixels(B, 5, 9, pixels))


def test_a_point_is_described_by_the_place_where_it_projects_to():
    # A camera on +Z that looks at the origin: the origin is the image's centre, +X right of it, +Y above.
    points = np.array([(0, 0, 0), (0.1, 0, 0), (0, 0.1, 0)], dtype=np.float32)
    (centre, right, above) = control().at_points(A, 0, points).numpy()
    assert centre[:2].tolist() == [0, 0]
    # 0.1 at distance 2, in widths: 0.05 / (2 tan(angle / 2)).
    step = 0.05 / (2 * np.tan(CAMERA.angle_x / 2))
    assert right[:2] == pytest.approx([step, 0], abs=1e-6)
    assert above[:2] == pytest.approx([0, -step], abs=1e-6)

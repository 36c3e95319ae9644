"""The control: similarity by cosine of its map is nearness in the image."""

import numpy as np
import pytest
import torch

from eval.descriptors.position import position_descriptor, position_map
from eval.descriptors.similarity import most_similar
from pipeline.datasets.records import ObjectKey

A, B = ObjectKey("03001627", "a"), ObjectKey("03001627", "b")


def test_order_by_cosine_is_order_by_distance_over_the_whole_grid():
    """Whatever is nearer, by whole squared distances, must be more similar, by more than rounding."""
    cells = position_map(32).reshape(-1, 3).astype(np.float64)
    cells /= np.linalg.norm(cells, axis=1, keepdims=True)
    place = np.stack(np.divmod(np.arange(32 * 32), 32), axis=1)
    for similarity, square in zip(cells @ cells.T, ((place[:, None] - place) ** 2).sum(axis=2), strict=True):
        order = np.argsort(square, kind="stable")
        starts = np.flatnonzero(np.diff(square[order], prepend=-1))
        most, least = (pick.reduceat(similarity[order], starts) for pick in (np.maximum, np.minimum))
        assert (least[:-1] - most[1:] > 1e-12).all()


@pytest.mark.parametrize("size", [32, 128, 512])
def test_the_most_similar_pixel_is_a_nearest_one(size):
    draw = np.random.default_rng(size)
    descriptor = position_descriptor(lambda _key, _view: None, size, torch.device("cpu"))
    queries, candidates = (draw.integers(2, size - 2, size=(300, 2)) for _ in range(2))
    found = most_similar(descriptor.at_pixels(A, 1, 1, queries), descriptor.at_pixels(B, 2, 2, candidates)).numpy()
    away = np.linalg.norm(queries[:, None] - candidates, axis=2)
    assert (away[np.arange(300), found] == away.min(axis=1)).all()

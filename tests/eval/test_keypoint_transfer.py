import numpy as np
import torch

from eval.keypoint_transfer import common_keypoints, transfer_keypoints
from eval.pck import pck
from eval.views import ViewLabels, candidate_pixels, pixels_containing


def labels(uv, visible, part, foreground=None):
    part = np.array(part, dtype=np.uint8)
    return ViewLabels(
        np.array(uv, dtype=np.float32).reshape(-1, 2),
        np.array(visible, dtype=bool),
        part,
        part > 0 if foreground is None else np.array(foreground, dtype=bool),
    )


FULL = np.ones((4, 4))
NOWHERE = (np.nan, np.nan)


def place(pixels):
    """A perfect descriptor where both views show the same thing: cosine tells all these pixels apart."""
    row, column = torch.from_numpy(pixels).to(torch.float32).T
    return torch.stack([row, column, (100 - row**2 - column**2).sqrt()], dim=1)


def test_only_ids_that_both_views_show_take_part():
    source = labels([(1, 1), (2, 2), NOWHERE], [True, True, False], FULL)
    target = labels([(1, 1), (2, 2), (3, 3)], [False, True, True], FULL)
    assert common_keypoints(source, target).tolist() == [1]


def test_perfect_descriptors_find_every_keypoint():
    uv = [(0.5, 0.5), (2.5, 1.5), (3.5, 3.5)]
    view = labels(uv, [True] * 3, FULL)
    transfer = transfer_keypoints(view, view, place, place)
    assert transfer.distance.tolist() == [0, 0, 0]
    assert pck(transfer.distance, (2.5, 5.0)) == (1.0, 1.0)


def test_distance_goes_from_the_found_pixels_centre_to_the_true_place():
    # The source keypoint lies in pixel (row 1, column 2); the same descriptor stands at (row 1, column 2) of the
    # target, centre (2.5, 1.5); the true place is 3 to the right and 4 below.
    source, target = labels([(2.9, 1.1)], [True], FULL), labels([(5.5, 5.5)], [True], np.ones((8, 8)))
    transfer = transfer_keypoints(source, target, place, place)
    assert transfer.found_uv.tolist() == [[2.5, 1.5]]
    assert transfer.distance.tolist() == [5.0]


def test_pixels_without_label_are_no_candidates():
    part = np.array(FULL, dtype=np.uint8)
    part[1, 2] = 0
    source, target = labels([(2.5, 1.5)], [True], FULL), labels([(2.5, 1.5)], [True], part, FULL)
    found = transfer_keypoints(source, target, place, place)
    assert found.distance[0] == 1.0


def test_an_object_without_parts_offers_its_foreground():
    foreground = np.zeros((4, 4))
    foreground[2, 3] = foreground[0, 1] = 1
    view = labels([(0.5, 0.5)], [True], np.zeros((4, 4)), foreground)
    assert candidate_pixels(view).tolist() == [[0, 1], [2, 3]]
    assert transfer_keypoints(view, view, place, place).found_uv.tolist() == [[1.5, 0.5]]


def test_nothing_in_common_is_none():
    shown, hidden = labels([(1, 1)], [True], FULL), labels([(1, 1)], [False], FULL)
    assert transfer_keypoints(shown, hidden, place, place) is None
    nothing_there = labels([(1, 1)], [True], np.zeros((4, 4)))
    assert transfer_keypoints(shown, nothing_there, place, place) is None


def test_agrees_with_a_double_loop():
    draw = np.random.default_rng(5)
    tables = [draw.normal(size=(6, 6, 9)), draw.normal(size=(6, 6, 9))]
    part = draw.integers(0, 3, size=(6, 6))
    uv = draw.uniform(0, 6, size=(2, 5, 2))
    source, target = labels(uv[0], [True] * 5, part), labels(uv[1], [True] * 5, part)

    def of(table):
        return lambda pixels: torch.from_numpy(table[tuple(pixels.T)])

    transfer = transfer_keypoints(source, target, of(tables[0]), of(tables[1]))
    for keypoint in range(5):
        u, v = uv[0, keypoint]
        query, best, where = tables[0][int(v), int(u)], -2.0, None
        for row in range(6):
            for column in range(6):
                other = tables[1][row, column]
                cosine = query @ other / np.linalg.norm(query) / np.linalg.norm(other)
                if part[row, column] and cosine > best:
                    best, where = cosine, (column + 0.5, row + 0.5)
        assert transfer.found_uv[keypoint].tolist() == list(where)
        assert np.isclose(transfer.distance[keypoint], np.hypot(*(np.array(where) - uv[1, keypoint])), atol=1e-5)


def test_random_descriptors_reach_the_share_of_candidates_nearby():
    # The true place is the centre of pixel (1, 1) of 4 x 4. Below 1.2 px lie that pixel and its 4 neighbours: 5 of 16.
    view = labels([(1.5, 1.5)], [True], FULL)
    generator = torch.Generator().manual_seed(0)

    def random(pixels):
        return torch.randn(len(pixels), 8, generator=generator)

    draws = 2000
    hits = sum(pck(transfer_keypoints(view, view, random, random).distance, (1.2,))[0] for _ in range(draws))
    chance = 5 / 16
    assert abs(hits / draws - chance) < 4 * np.sqrt(chance * (1 - chance) / draws)


def test_a_point_on_the_far_border_belongs_to_the_last_pixel():
    uv = np.array([(4, 4), (0, 0), (3.99, 1)], dtype=np.float32)
    assert pixels_containing(uv, 4, 4).tolist() == [[3, 3], [0, 0], [1, 3]]

"""Texture coordinates and indices of an obj's corners."""

import pytest

from tests.datasets.meshes.test_obj_geometry import FILE, SQUARE, parse_obj


@pytest.mark.parametrize("third", ["3", "-3", "2"])
def test_a_texture_coordinate_that_is_not_there_is_none(third):
    geometry = parse_obj(SQUARE + f"vt 1 1\nvt nan 0\nf 1/1 2/1 3/1\nf 1/1 2/1 3/{third}\n", FILE)
    assert geometry.has_uv.tolist() == [True, False]
    assert geometry.uv[1].tolist() == [[1, 1], [1, 1], [0, 0]]


def test_relative_indices_count_from_their_line():
    text = SQUARE + "vt 0.5 0.25\nf -4/-1 -3/1 -2/-1\nv 7 7 7\nf -1 -2 -5\n"
    geometry = parse_obj(text, FILE)
    assert geometry.faces.tolist() == [[0, 1, 2], [4, 3, 0]]
    assert geometry.uv[0].tolist() == [[0.5, 0.25]] * 3


def test_colours_weights_and_short_texture_coordinates():
    text = "v 0 0 0 0.1 0.2 0.3\nv 1 0 0 1\nv 0 1 0\nvt 0.5\nvt 0.25 0.75 9\nf 1/1 2/2 3/2\n"
    geometry = parse_obj(text, FILE)
    assert geometry.vertices.tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    assert geometry.uv.tolist() == [[[0.5, 0], [0.25, 0.75], [0.25, 0.75]]]

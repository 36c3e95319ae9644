from dataclasses import replace

import numpy as np
import pytest
import torch

import featurenerf
from featurenerf import UserError, match
from featurenerf.matching import LEAST_OPACITY, check_feature
from featurenerf.surface import surface_points
from render.cameras import project

PIXELS = [(16, 16), (10, 20), (25, 3)]


def cosine(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    units = [rows.astype(np.float64) / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (one, other)]
    return units[0] @ units[1].T


@pytest.mark.parametrize("feature", ["internal", "distilled"])
def test_pixels_match_as_the_whole_table_of_cosines_says(
    first: featurenerf.SeenObject, second: featurenerf.SeenObject, feature: str
) -> None:
    found = match(first, second, pixels=PIXELS, feature=feature, heat=True)
    name = "internal" if feature == "internal" else "feature"
    here, there = getattr(first.render(), name), getattr(second.render(), name)
    shown = np.argwhere(second.render().opacity > LEAST_OPACITY)
    table = cosine(here[tuple(np.transpose(PIXELS))], there[tuple(shown.T)])
    assert np.array_equal(found.candidates, shown)
    assert np.array_equal(found.places, shown[table.argmax(axis=1)])
    np.testing.assert_allclose(found.similarities, table.max(axis=1), atol=1e-5)
    np.testing.assert_allclose(found.heat, table, atol=1e-5)
    image = found.heat_images()
    assert np.isnan(image).sum() == 3 * (32 * 32 - len(shown))
    assert image[0][tuple(found.places[0])] == np.nanmax(image[0])


def test_an_object_matches_itself(first: featurenerf.SeenObject) -> None:
    points = np.random.default_rng(0).uniform(-0.3, 0.3, (20, 3)).astype(np.float32)
    inside = match(first, first, points=points, candidates=points)
    assert np.array_equal(inside.places, points)
    np.testing.assert_allclose(inside.similarities, 1, atol=1e-6)
    # exactly: of equal pixels, the field renders the same whatever is rendered beside them, up to rounding
    on_image = match(first, first, pixels=PIXELS, candidates=PIXELS)
    assert on_image.places.tolist() == [list(pixel) for pixel in PIXELS]


def test_points_are_looked_for_on_the_surface_that_b_shows(
    first: featurenerf.SeenObject, second: featurenerf.SeenObject
) -> None:
    surface = surface_points(second, LEAST_OPACITY)
    shown = np.argwhere(second.render().opacity > LEAST_OPACITY)
    uv, depth = project(surface.astype(np.float64), second.pose, second.intrinsics)
    np.testing.assert_allclose(uv, shown[:, ::-1] + 0.5, atol=1e-3)
    assert ((depth > 0.6) & (depth < 1.8)).all()
    points = [[0.1, 0, 0], [0, 0.1, 0.05]]
    found = match(first, second, points=points)
    table = cosine(first.at(points).internal, second.at(surface).internal)
    assert np.array_equal(found.places, surface[table.argmax(axis=1)])
    assert found.heat.shape == (2, 0)


def test_a_wall_at_near_has_its_surface_there(first: featurenerf.SeenObject) -> None:
    network = first.renderer.field.model.network
    with torch.no_grad():
        network.density.weight.zero_()
        network.density.bias.fill_(1e6)
    distance = np.linalg.norm(surface_points(first, 0.5) - first.pose[:3, 3], axis=1)
    # tests/train: the first quantile lies a quarter of the first of 8 bins, each 1/8 wide, behind near
    np.testing.assert_allclose(distance, 0.8 + 0.25 / 8, atol=2e-4)


def test_the_picture_joins_each_query_to_its_place(
    first: featurenerf.SeenObject, second: featurenerf.SeenObject
) -> None:
    found = match(first, second, pixels=PIXELS)
    picture = found.picture(size=128)
    assert picture.size == (128 + 24 + 128, 128)
    moved = replace(found, places=found.places[::-1].copy()).picture(size=128)
    assert picture.tobytes() != moved.tobytes()
    # a point at the world's origin lies at the centre of both images, as does the pixel edge 16 | 16
    at_origin = match(first, second, points=[[0, 0, 0]], candidates=[[0, 0, 0]]).picture(size=128)
    left, right = (at_origin.getpixel((x, 64)) for x in (64, 128 + 24 + 64))
    assert left == right != (0, 0, 0)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "either as pixels"),
        ({"pixels": PIXELS, "points": [[0, 0, 0]]}, "either as pixels"),
        ({"pixels": [(32, 0)]}, "integers .row, column. from 0 to 31"),
        ({"pixels": [(1.5, 0)]}, "integers"),
        ({"pixels": [1, 2]}, r"pixels must have the shape \(n, 2\)"),
        ({"pixels": PIXELS, "candidates": [[0, 0, 0]]}, r"candidates must have the shape \(n, 2\)"),
        ({"points": [[0, 0, 0]], "candidates": [[0, 0]]}, r"candidates must have the shape \(n, 3\)"),
        ({"pixels": PIXELS, "opacity": 2}, "no pixel of b is rendered with an opacity above 2"),
    ],
)
def test_a_question_that_makes_no_sense_is_a_sentence(
    first: featurenerf.SeenObject, second: featurenerf.SeenObject, asked: dict, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        match(first, second, **asked)


def test_a_field_without_the_feature_loss_has_no_distilled_feature(first: featurenerf.SeenObject) -> None:
    model = first.renderer.field
    renderer = replace(
        first.renderer, field=replace(model, settings=model.settings.model_copy(update={"feature_weight": 0}))
    )
    untaught = replace(first, renderer=renderer)
    with pytest.raises(UserError, match="without the feature loss"):
        match(untaught, untaught, pixels=PIXELS, feature="distilled")
    assert len(match(untaught, untaught, pixels=PIXELS).places) == 3


def test_a_feature_that_is_none_is_a_sentence(first: featurenerf.SeenObject) -> None:
    with pytest.raises(UserError, match="feature must be one of internal, distilled, not 'map'"):
        check_feature(first.renderer.field, "map")


def test_heat_images_need_pixels_and_heat(first: featurenerf.SeenObject) -> None:
    with pytest.raises(UserError, match="heat=True"):
        match(first, first, pixels=PIXELS).heat_images()

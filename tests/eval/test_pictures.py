import io

import numpy as np
import pytest
from PIL import Image

from eval.pictures.canvas import checker, enlarged, palette_png_bytes
from eval.pictures.feature_colours import colours, feature_picture, fit_colours
from eval.pictures.grid import Tile, fitted, grid, legend
from eval.pictures.keypoints import keypoint_picture, transfer_picture
from eval.pictures.palette import keypoint_colour, part_colour
from eval.pictures.parts import part_map, part_picture
from eval.pictures.shared_colours import FeatureView, shared_colours_picture
from eval.transfer.transfer_plan import KeypointPlan

DRAW = np.random.default_rng(0)


def test_one_basis_gives_equal_features_equal_colours():
    first, second = DRAW.normal(size=(30, 8)), DRAW.normal(size=(50, 8)) + 2
    second[7] = first[3]
    basis = fit_colours([first, second])  # of maps that weigh the same, however large
    assert basis.mean == pytest.approx((first.mean(axis=0) + second.mean(axis=0)) / 2)
    assert colours(basis, first)[3].tolist() == colours(basis, second)[7].tolist()


def test_the_first_component_is_the_widest_and_its_sign_is_fixed():
    spread = DRAW.normal(size=(200, 4)) * np.array([0.1, 5, 0.5, 1])
    for features in (spread, spread[::-1]):
        basis = fit_colours([features])
        assert np.abs(basis.directions).argmax(axis=1).tolist() == [1, 3, 2]
        assert (basis.directions.max(axis=1) > 0.9).all()


def test_features_on_a_line_leave_two_components_in_the_middle():
    line = np.linspace(0, 1, 11)[:, None] * np.array([[3.0, 4.0]])
    painted = colours(fit_colours([line]), line)
    assert len(set(painted[:, 0].tolist())) > 5
    assert set(painted[:, 1:].ravel().tolist()) == {139}
    with pytest.raises(ValueError, match="no feature"):
        fit_colours([line[:0]])


def test_background_of_a_feature_map_is_the_checker():
    feature_map = DRAW.normal(size=(4, 4, 5)).astype(np.float32)
    foreground = np.eye(4, dtype=bool)
    basis = fit_colours([feature_map[foreground]])
    picture = feature_picture(basis, feature_map, foreground.astype(np.float32))
    assert np.array_equal(picture[foreground], colours(basis, feature_map[foreground]))
    assert np.array_equal(picture[~foreground], checker(4, 4)[~foreground])


def test_enlarging_repeats_pixels_whole_times():
    rgb = DRAW.integers(0, 255, size=(3, 3, 3)).astype(np.uint8)
    picture = np.asarray(enlarged(rgb, 10))
    assert picture.shape == (9, 9, 3)
    assert np.array_equal(picture[::3, 1::3], rgb)
    assert enlarged(rgb, 2).size == (3, 3)


def test_a_palette_saves_room_and_keeps_few_colours_as_they_are():
    few = enlarged(DRAW.integers(0, 2, size=(16, 16, 3)).astype(np.uint8) * 200, 64)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(palette_png_bytes(few))).convert("RGB")), np.asarray(few))
    # A dot of five pixels on thousands of others of many colours.
    steps = np.linspace(0, 255, 96).astype(np.uint8)
    many = np.stack([*np.meshgrid(steps, steps), np.full((96, 96), 90, np.uint8)], axis=2)
    many[40, 40:45] = keypoint_colour(2)
    small = palette_png_bytes(Image.fromarray(many))
    assert small == palette_png_bytes(Image.fromarray(many))
    assert Image.open(io.BytesIO(small)).mode == "P"
    away = np.abs(np.asarray(Image.open(io.BytesIO(small)).convert("RGB")).astype(int) - many)
    assert away.max() <= 24
    assert away[40, 40:45].max() <= 8


def test_a_keypoints_disc_lies_on_its_uv():
    rgb = np.zeros((8, 8, 3), np.uint8)
    picture = np.asarray(keypoint_picture(rgb, np.array([[6.0, 2.0]]), np.array([3]), 320))
    assert picture[80, 240].tolist() == list(keypoint_colour(3))
    assert picture[240, 80].tolist() == [0, 0, 0]


def test_a_transfer_shows_source_and_found_place_in_one_colour_and_a_line_between():
    rgb = np.full((8, 8, 3), 255, np.uint8)

    def at(*uv):
        return np.array([uv], dtype=np.float32)

    row = np.array([0])
    plan = KeypointPlan(np.array([2]), at(2, 4), at(2, 2), row, at(6.5, 4.5), row)
    picture = np.asarray(transfer_picture(rgb, rgb, plan, at(6.5, 4.5), 320))
    right = 320 + 24
    assert picture.shape == (320, right + 320, 3)
    assert picture[160, 80].tolist() == list(keypoint_colour(2))
    assert picture[180, right + 260].tolist() == list(keypoint_colour(2))
    assert (picture[:, 330] < 250).any()
    assert (picture[:40] == 255).all()


def test_a_pair_shares_its_colours():
    """The upper half of the source has one feature, the lower another; the target has them the other way round."""
    upper = np.zeros((4, 4, 3), np.float32)
    upper[:2, :, 0] = upper[2:, :, 1] = 1
    everywhere = np.ones((4, 4), dtype=bool)
    red, blue = (np.full((8, 8, 3), colour, np.uint8) for colour in ((200, 0, 0), (0, 0, 200)))
    source = FeatureView(red, upper, everywhere)
    target = FeatureView(blue, upper[::-1].copy(), everywhere & (np.arange(4)[:, None] > 0))
    picture = np.asarray(shared_colours_picture(source, target, 80)).tolist()
    assert picture[50][50] == [200, 0, 0]
    assert picture[50][140] == [0, 0, 200]
    assert picture[110][50] == picture[170][140] != picture[170][50] == picture[130][140]
    # The target's uppermost row of cells is background: the checker.
    assert picture[105][101] == checker(4, 4)[0, 0].tolist()
    nothing = FeatureView(red, upper, ~everywhere)
    with pytest.raises(ValueError, match="no feature"):
        shared_colours_picture(nothing, nothing, 80)


def test_marks_stay_as_large_however_small_the_view():
    for side in (8, 64):
        rgb = np.zeros((side, side, 3), np.uint8)
        centre = np.array([[side / 2, side / 2]])
        picture = np.asarray(keypoint_picture(rgb, centre, np.array([3]), 320)).astype(int)
        across = (np.abs(picture[160] - 0).sum(axis=1) > 60).sum()
        # Twice 8.4 of 380 units on 320 pixels.
        assert across == pytest.approx(2 * 8.4 * 320 / 380, abs=1.5)


def test_parts_are_tinted_and_unlabelled_pixels_are_not():
    rgb = np.full((2, 2, 3), 100, np.uint8)
    part = part_map(np.array([[0, 1], [1, 0]]), np.array([1, 2], np.uint8), 2, 2)
    assert part.tolist() == [[0, 1], [2, 0]]
    painted = part_picture(rgb, part)
    assert painted[0, 0].tolist() == [100, 100, 100]
    assert painted[0, 1].tolist() != painted[1, 0].tolist()
    assert rgb[0, 1].tolist() == [100, 100, 100]


def test_a_grid_holds_its_tiles_where_they_belong():
    red, blue = Image.new("RGB", (40, 20), "red"), Image.new("RGB", (30, 20), "blue")
    sheet = grid([[Tile(red), Tile(blue)], [Tile(blue)]])
    assert sheet.size == (10 + 40 + 10 + 30 + 10, 10 + 20 + 10 + 20 + 10)
    assert sheet.getpixel((10, 10)) == (255, 0, 0)
    assert sheet.getpixel((60, 29)) == (0, 0, 255)
    assert sheet.getpixel((10, 40)) == (0, 0, 255)
    assert grid([[Tile(red, "a view")]]).height > grid([[Tile(red)]]).height
    with pytest.raises(ValueError, match="tile"):
        grid([[]])
    assert fitted("view 3", 200) == "view 3"
    assert fitted("a label that is far too long", 60).endswith("…")
    patches = legend([("wing", part_colour(2)), ("tail", part_colour(3))])
    assert {part_colour(2), part_colour(3)} <= {colour for _, colour in patches.getcolors(9999)}

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from featurenerf.photo import Photo, frame_photo, prepare_photo
from pipeline.errors import UserError

RED = (200, 40, 20)


def picture(height: int = 12, width: int = 20) -> np.ndarray:
    """A picture whose pixels are all different."""
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def mask(height: int = 12, width: int = 20) -> np.ndarray:
    """The object: rows 2 to 7, columns 5 to 14, so 6 high and 10 wide."""
    marked = np.zeros((height, width), dtype=bool)
    marked[2:8, 5:15] = True
    return marked


def test_the_object_is_cut_out_tight_in_the_middle_of_a_square() -> None:
    photo = prepare_photo(picture(), mask())
    assert photo.rgba.shape == (10, 10, 4)
    np.testing.assert_array_equal(photo.rgba[2:8, :, :3], picture()[2:8, 5:15])
    np.testing.assert_array_equal(photo.rgba[2:8, :, 3], 255)
    assert not photo.rgba[:2].any() and not photo.rgba[8:].any()


@pytest.mark.parametrize(
    "same",
    [
        mask(),
        mask() * np.uint8(255),
        mask() * np.uint16(65535),
        mask().astype(np.float32),
        mask().astype(np.float64)[..., None],
        Image.fromarray(mask()),
        Image.fromarray(mask() * np.uint8(255)),
        Image.fromarray(np.dstack([mask() * np.uint8(255)] * 3)),
        Image.fromarray(mask() * np.uint16(65535)),
        Image.fromarray(mask() * np.int32(65535)),
    ],
    ids=["bool", "uint8", "uint16", "float32", "h-w-1", "pillow-1", "pillow-L", "pillow-RGB", "pillow-I16", "pillow-I"],
)
def test_a_mask_may_be_of_any_type(same: Any, tmp_path: Path) -> None:
    expected = prepare_photo(picture(), mask())
    np.testing.assert_array_equal(prepare_photo(picture(), same).rgba, expected.rgba)
    if isinstance(same, Image.Image) and same.mode != "I":  # Pillow will not write it any more
        same.save(tmp_path / "mask.png")
        np.testing.assert_array_equal(prepare_photo(picture(), tmp_path / "mask.png").rgba, expected.rgba)


def test_soft_values_are_kept_and_the_box_is_where_they_reach_one_half() -> None:
    soft = mask() * np.uint8(200)
    soft[1, 5:15], soft[7, 5:15], soft[3, 8] = 127, 128, 60
    alpha = prepare_photo(picture(), soft).rgba[..., 3]
    assert alpha.shape == (10, 10)
    assert (alpha[2, 0], alpha[7, 0], alpha[3, 3]) == (200, 128, 60)
    assert not alpha[1].any()


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "CMYK", "1", "I;16", "I", "F"])
def test_every_kind_of_image_has_the_colours_that_it_shows(mode: str) -> None:
    grey = mode in ("L", "LA", "1", "I;16", "I", "F")
    colour = (255,) * 3 if mode == "1" else (180,) * 3 if grey else RED
    plain = Image.new("RGB", (20, 12), colour)
    if mode == "I;16":
        image = Image.fromarray(np.full((12, 20), 180 * 257, dtype=np.uint16))
    elif mode == "I":
        image = Image.fromarray(np.full((12, 20), 180 * 257, dtype=np.int32))
    elif mode == "F":
        image = Image.fromarray(np.full((12, 20), 180 / 255, dtype=np.float32))
    elif mode == "P":
        image = plain.quantize(4)
    else:
        image = plain.convert(mode)
    rgba = prepare_photo(image, mask()).rgba
    np.testing.assert_array_equal(rgba[2:8], np.broadcast_to([*colour, 255], (6, 10, 4)))


@pytest.mark.parametrize(
    "array",
    [picture(), picture() * np.uint16(257), picture() / 255, (picture() / 255).astype(np.float32)],
    ids=["uint8", "uint16", "float64", "float32"],
)
def test_arrays_of_any_type_are_the_same_picture(array: np.ndarray) -> None:
    np.testing.assert_array_equal(prepare_photo(array, mask()).rgba, prepare_photo(picture(), mask()).rgba)


def test_an_alpha_channel_or_a_transparent_colour_is_the_mask(tmp_path: Path) -> None:
    alpha = mask() * np.uint8(255)
    expected = prepare_photo(picture(), mask()).rgba
    cut_out = np.dstack([picture(), alpha])
    np.testing.assert_array_equal(prepare_photo(cut_out).rgba, expected)
    grey = np.dstack([picture()[..., 0], alpha])
    np.testing.assert_array_equal(prepare_photo(grey).rgba[..., 3], expected[..., 3])
    indexed = Image.fromarray(mask().astype(np.uint8)).convert("P")
    indexed.putpalette([0, 0, 0, *RED])
    indexed.save(tmp_path / "indexed.png", transparency=0)
    np.testing.assert_array_equal(prepare_photo(tmp_path / "indexed.png").rgba[3, 3], [*RED, 255])


def test_a_mask_is_used_instead_of_the_alpha() -> None:
    cut_out = np.dstack([picture(), np.roll(mask(), 1, axis=0) * np.uint8(255)])
    np.testing.assert_array_equal(prepare_photo(cut_out, mask()).rgba, prepare_photo(picture(), mask()).rgba)


def test_a_photo_is_turned_as_its_exif_says_and_its_mask_lies_as_it_is_shown(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90 degrees to the right
    stored = Image.fromarray(np.rot90(picture()).copy())
    stored.save(tmp_path / "turned.png", exif=exif)
    expected = prepare_photo(picture(), mask()).rgba
    np.testing.assert_array_equal(prepare_photo(tmp_path / "turned.png", mask()).rgba, expected)
    turned_mask = Image.fromarray(np.rot90(mask() * np.uint8(255)).copy())
    with pytest.raises(UserError, match=r"12 x 20 pixels and the photo, as it is shown, 20 x 12"):
        prepare_photo(tmp_path / "turned.png", turned_mask)
    turned_mask.save(tmp_path / "mask.png", exif=exif)
    np.testing.assert_array_equal(prepare_photo(tmp_path / "turned.png", tmp_path / "mask.png").rgba, expected)


def test_a_mask_of_another_size_fits_if_its_shape_does() -> None:
    large = picture(24, 40)
    photo = prepare_photo(large, mask())
    assert photo.rgba.shape == (20, 20, 4)
    np.testing.assert_array_equal(photo.rgba[4:16, :, :3], large[4:16, 10:30])
    with pytest.raises(UserError, match="the mask is 20 x 12 pixels and the photo, as it is shown, 40 x 25"):
        prepare_photo(picture(25, 40), mask())


@pytest.mark.parametrize(
    ("image", "where", "message"),
    [
        (picture(), None, "does not say where the object is: give a mask"),
        (np.dstack([picture(), np.full((12, 20), 255, np.uint8)]), None, "does not say where the object is"),
        (picture(), np.full((12, 20), 255, np.uint8), "the mask is white everywhere: make it black where the object"),
        (np.dstack([picture(), np.zeros((12, 20), np.uint8)]), None, "the alpha of the image marks no object"),
        (picture(), mask() & False, "the mask marks no object.*largest value is 0 of 255"),
        (picture(), mask() * np.uint8(127), "largest value is 127 of 255"),
        (picture(), mask() * np.uint8(1), "the mask holds 0 and 1 of 255: multiply it by 255"),
        (picture(), np.dstack([picture(), mask() * np.uint8(255)]), "the mask is not grey"),
        (picture(), picture(), "the mask is not grey"),
        (picture(), mask() * 255, "mask must be uint8, uint16, or floats from 0 to 1, not int64"),
        (picture() / 100, mask(), "image holds floats from 0 to 2.55"),
        (np.full((12, 20), np.nan), mask(), "image holds floats from nan"),
        (np.zeros((12, 20, 5), np.uint8), mask(), r"image must have the shape .*, not \(12, 20, 5\)"),
        (np.zeros((0, 20), np.uint8), mask(), r"not \(0, 20\)"),
        (Image.fromarray(np.full((12, 20), 70000, np.int32)), mask(), "no 16-bit grey"),
    ],
)
def test_what_is_no_photo_is_a_sentence(image: Any, where: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        prepare_photo(image, where)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp"])
def test_a_file_that_is_cut_off_is_a_sentence(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"photo.{ending}"
    Image.fromarray(picture(120, 200)).save(path)
    content = path.read_bytes()
    for kept in (len(content) // 2, 30, 0):
        path.write_bytes(content[:kept])
        with pytest.raises(UserError, match=rf"photo.{ending} (cannot be read|is no image)"):
            prepare_photo(path, mask())


def test_other_files_are_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_text("no image")
    for name, message in (("notes.jpg", "no image"), ("gone.jpg", "no such file"), ("", "is a folder")):
        with pytest.raises(UserError, match=message):
            prepare_photo(tmp_path / name, mask())


@pytest.mark.parametrize("limit", [239, 100])
def test_a_file_above_pillows_limit_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    Image.fromarray(picture()).save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(UserError, match=f"more than {limit} pixels"):
        prepare_photo(tmp_path / "bomb.png", mask())


def test_the_callers_image_is_left_as_it_is() -> None:
    image = Image.fromarray(picture())
    array, where = picture(), mask()
    prepare_photo(image, where)
    prepare_photo(array, where)
    np.testing.assert_array_equal(np.asarray(image), picture())
    np.testing.assert_array_equal(array, picture())
    np.testing.assert_array_equal(where, mask())


@pytest.mark.parametrize("framing", [0.25, 0.5, 0.6, 1.0])
@pytest.mark.parametrize("side", [7, 40, 1000])
def test_the_longer_side_fills_its_share_of_the_image_and_stands_in_the_middle(side: int, framing: float) -> None:
    framed = frame_photo(Photo(np.full((side, side, 4), 255, dtype=np.uint8)), 128, framing)
    rows, columns = np.nonzero(framed[..., 3])
    assert rows.min() == columns.min() == 127 - rows.max() == 127 - columns.max()
    assert abs(rows.max() - rows.min() + 1 - framing * 128) <= 1


def test_hidden_colours_do_not_bleed_into_the_edge() -> None:
    rgba = np.zeros((40, 40, 4), dtype=np.uint8)
    rgba[..., :3] = (0, 255, 0)
    rgba[10:30, 10:30] = (*RED, 255)
    framed = frame_photo(Photo(rgba), 10, 0.7)
    seen = framed[framed[..., 3] > 0][:, :3].astype(int)
    assert np.abs(seen - RED).max() <= 255 // 20


def test_a_photo_becomes_smaller_by_the_mean_of_its_area() -> None:
    rgba = np.full((16, 16, 4), 255, dtype=np.uint8)
    rgba[..., :3] = np.random.default_rng(1).integers(0, 256, (16, 16, 3))
    framed = frame_photo(Photo(rgba), 4, 1.0)
    expected = rgba.reshape(4, 4, 4, 4, 4).mean(axis=(1, 3))
    assert np.abs(framed - expected).max() <= 1  # rows and columns are rounded one after the other

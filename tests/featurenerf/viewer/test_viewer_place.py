import pytest

from featurenerf.viewer.place import KeypointPlace, PixelPlace, PointPlace, parse_place
from pipeline.errors import UserError


def test_a_place_is_a_pixel_a_keypoint_or_a_point() -> None:
    assert parse_place("40,64") == PixelPlace(40, 64)
    assert parse_place("k7") == KeypointPlace(7)
    assert parse_place("p12345") == PointPlace(12345)


def test_spaces_do_not_matter() -> None:
    assert parse_place(" 40 , 64 ") == parse_place("40 64") == PixelPlace(40, 64)


@pytest.mark.parametrize("text", ["40", "40,-1", "4.5,3", "k", "q7", "1,2,3", "k7; p1", "٤,٣", ""])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="is no place"):
        parse_place(text)

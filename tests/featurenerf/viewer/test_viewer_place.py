import pytest
from hypothesis import given
from hypothesis import strategies as st

from featurenerf.viewer.place import KeypointPlace, PixelPlace, PointPlace, parse_place, place_text
from pipeline.errors import UserError

NUMBERS = st.integers(0, 99_999)


@given(
    st.one_of(
        st.builds(PixelPlace, NUMBERS, NUMBERS), st.builds(KeypointPlace, NUMBERS), st.builds(PointPlace, NUMBERS)
    )
)
def test_what_is_written_is_read(place) -> None:
    assert parse_place(place_text(place)) == place


def test_spaces_do_not_matter() -> None:
    assert parse_place(" 40 , 64 ") == parse_place("40 64") == PixelPlace(40, 64)


@pytest.mark.parametrize("text", ["40", "40,-1", "4.5,3", "k", "q7", "1,2,3", "k7; p1", "٤,٣", ""])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="is no place"):
        parse_place(text)

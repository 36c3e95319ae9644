"""Tables of numbers in text: against `float` and `int`, and what is none."""

from pathlib import PurePosixPath

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.text_tables import BadWordError, parse_column, parse_numbers, parse_table

FILE = PurePosixPath("a/b.txt")
DIGITS = st.text("0123456789", max_size=20)
DECIMAL = st.builds("{}{}.{}".format, st.sampled_from(["", "-", "+"]), DIGITS, DIGITS).filter(lambda w: w[-2:-1] or 0)
WORDS = st.one_of(
    DECIMAL.filter(lambda word: any(map(str.isdigit, word))),
    st.floats(allow_nan=False).map(repr),
    st.floats(-10, 10).map("{:.6f}".format),
    st.integers(-(10**20), 10**20).map(str),
    st.sampled_from(["inf", "-Infinity", "1e5", "1E-400", "1e999", "-.5", "5.", "00000000000000000001", "-0.0"]),
)


def test_numbers_by_hand():
    rows = {
        "1 -2 +3": [1, -2, 3],
        "\t.5 5. -0.0 ": [0.5, 5, 0],
        "12345678.1234567 123456789 0.123456789012345": [12345678.1234567, 123456789, 0.123456789012345],
        "1e2 -1E-2 0.1234567890123456789": [100, -0.01, 0.12345678901234568],
    }
    table = parse_table("\n".join(rows).encode(), 3, FILE, "x")
    assert table.tolist() == list(rows.values())
    assert np.signbit(table[1, 2])


@settings(max_examples=100)
@given(st.lists(WORDS, min_size=1, max_size=30))
def test_every_number_is_the_double_of_float(words):
    value = parse_numbers([word.encode() for word in words])
    assert value.tobytes() == np.array([float(word) for word in words]).tobytes()


@settings(max_examples=100)
@given(st.lists(st.text("01.-+eE_/nx\x00\x1c\xa0٣", min_size=1, max_size=6), min_size=1, max_size=4))
def test_every_word_is_a_number_or_refused_as_float_does(words):
    given = [word.encode() for word in words]
    try:
        expected = [float(word) for word in given]
        assert not any("_" in word for word in words)
    except (ValueError, AssertionError):
        with pytest.raises(BadWordError):
            parse_numbers(given)
    else:
        assert parse_numbers(given).tolist() == pytest.approx(expected, rel=0, abs=0, nan_ok=True)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20))
def test_integers_to_the_last_bit(numbers):
    assert parse_column("\n".join(map(str, numbers)).encode(), FILE, "label").tolist() == numbers


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 2 3\n1 2", "line 2 has 2"),
        ("1 2\n1 2 3 4\n1 2 3", "line 1 has 2"),
        ("1 2 3\n\n1 2 x", "'x' in line 3"),
        ("1 2 nan", "not finite in line 1"),
        ("1 2 3\n \n1 2 1e999\n", "not finite in line 3"),
        ("1 2 3\n1 -1e101 2", "is beyond 1e\\+100 in line 2"),
        ("1 2 1_0", "1_0"),
        ("1 2 ٣", "no table"),
        ("1 2 \0", "no table"),
    ],
)
def test_tables_that_are_none_name_the_line(text, reason):
    with pytest.raises(DatasetError, match=reason) as caught:
        parse_table(text.encode(), 3, FILE, "x y z")
    assert (caught.value.file, caught.value.field) == (FILE, "x y z")


def test_columns_that_are_not_asked_for_may_hold_anything():
    assert parse_table(b"1 2 3 red\n\n4 5 6 nan 7", 3, FILE, "x").tolist() == [[1, 2, 3], [4, 5, 6]]
    for nothing in (b"", b"\n", b" \n\t\n"):
        assert parse_table(nothing, 3, FILE, "x").shape == (0, 3)
        assert parse_column(nothing, FILE, "x").shape == (0,)


def test_columns_of_integers():
    assert parse_column(b"1\n -2 \n\n+3\n123456789012\n", FILE, "label").tolist() == [1, -2, 3, 123456789012]
    for bad in ("1.0", "x", "9223372036854775808", "1" * 5000, "1_0", "1 2", "1-2", "--1", "1/2", "-", "٣"):
        with pytest.raises(DatasetError, match="no column of integers"):
            parse_column(f"1\n{bad}\n".encode(), FILE, "label")


@settings(max_examples=60)
@given(st.lists(st.text("0123-+. x\t\n", min_size=1, max_size=5), min_size=1, max_size=8))
def test_a_column_is_read_as_int_reads_its_lines(lines):
    content = "\n".join(lines)
    try:
        expected = [int(line) for line in content.split("\n") if line.strip()]
    except ValueError:
        with pytest.raises(DatasetError, match="no column of integers"):
            parse_column(content.encode(), FILE, "label")
    else:
        assert parse_column(content.encode(), FILE, "label").tolist() == expected

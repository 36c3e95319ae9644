"""Reading text strictly: numbers against `float`, the limits, and what is no plain file."""

import json
import os
import threading
import time
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.datasets import text_files
from pipeline.datasets.decimal_words import PADDING, BadWordError, floats_of, integers_of, text_of, words_of
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.text_files import (
    check_lines,
    parse_floats,
    parse_integers,
    read_bytes,
    read_json,
    read_text,
    rows_of,
)

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
    rows = [
        "1 -2 +3",
        "\t.5 5. -0.0 ",
        "12345678.1234567 123456789 0.123456789012345",
        "1e2 -1E-2 0.1234567890123456789",
    ]
    table = parse_floats(rows, 3, FILE, "x")
    expected = [
        [1, -2, 3],
        [0.5, 5, 0],
        [12345678.1234567, 123456789, 0.123456789012345],
        [100, -0.01, 0.12345678901234568],
    ]
    assert table.tolist() == expected
    assert np.signbit(table[1, 2])


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=30))
def test_every_number_is_the_double_of_float(words):
    text = text_of(PADDING + " ".join(words).encode() + b"\n")
    value = floats_of(text, *words_of(text))
    assert value.tobytes() == np.array([float(word) for word in words]).tobytes()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text("01.-+eE_/nx\x00\x1c\xa0٣", min_size=1, max_size=6), min_size=1, max_size=4))
def test_every_word_is_a_number_or_refused_as_float_does(words):
    text = text_of(PADDING + " ".join(words).encode() + b"\n")
    try:
        expected = [float(word.encode()) for word in words]
        assert not any("_" in word for word in words)
    except (ValueError, AssertionError):
        with pytest.raises(BadWordError):
            floats_of(text, *words_of(text))
    else:
        assert floats_of(text, *words_of(text)).tolist() == pytest.approx(expected, rel=0, abs=0, nan_ok=True)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20))
def test_integers_to_the_last_bit(numbers):
    text = text_of(PADDING + b" ".join(str(number).encode() for number in numbers) + b"\n")
    assert integers_of(text, *words_of(text)).tolist() == numbers


@pytest.mark.parametrize("word", [b"-", b"9223372036854775808", b"1" * 5000])
def test_what_is_no_integer(word):
    text = text_of(PADDING + b"7 " + word + b"\n")
    with pytest.raises(BadWordError) as caught:
        integers_of(text, *words_of(text))
    assert caught.value.place == len(PADDING) + 2
    assert len(str(caught.value)) < 50


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (["1 2 3", "1 2"], "row 2 has 2"),
        (["1 2", "1 2 3 4", "1 2 3"], "row 1 has 2"),
        (["1 2 3", "1 2 x"], "'x' in row 2"),
        (["1 2 nan"], "not finite in row 1"),
        (["1 2 3", "1 2 1e999"], "not finite in row 2"),
        (["1 2 3", "1 -1e101 2"], "is beyond 1e\\+100 in row 2"),
        (["1 2 3", " "], "empty row, number 2"),
        (["1 2 3", ""], "empty row, number 2"),
        (["1 2\n3", "1 2 3"], "line feed"),
        (["1 2 1_0"], "1_0"),
        (["1 2 ٣"], "no table"),
        (["1 2 \0"], "no table"),
    ],
)
def test_tables_that_are_none_name_the_row(rows, reason):
    with pytest.raises(DatasetError, match=reason) as caught:
        parse_floats(rows, 3, FILE, "x y z")
    assert (caught.value.file, caught.value.field) == (FILE, "x y z")


def test_columns_that_are_not_asked_for_may_hold_anything():
    assert parse_floats(["1 2 3 red", "4 5 6 nan 7"], 3, FILE, "x").tolist() == [[1, 2, 3], [4, 5, 6]]
    assert parse_floats([], 3, FILE, "x").shape == (0, 3)
    assert rows_of("a\r\n \n\nb\n") == ["a", "b"]


def test_columns_of_integers():
    assert parse_integers(["1", " -2 "], FILE, "label").tolist() == [1, -2]
    for bad in ("1.0", "x", "", "99999999999999999999", "1 2"):
        with pytest.raises(DatasetError, match="no column of integers"):
            parse_integers(["1", bad], FILE, "label")


def test_ends_of_lines_and_bytes_that_are_no_text(tmp_path):
    (tmp_path / "t").write_bytes(b"\xef\xbb\xbfa\r\nb\rc\n\xff")
    assert read_text(tmp_path, PurePosixPath("t")) == "a\nb\nc\n\ufffd"
    (tmp_path / "j").write_bytes(b"\xef\xbb\xbf[1]")
    assert read_json(tmp_path, PurePosixPath("j")) == [1]


@pytest.mark.parametrize("content", [b"", b"{", b"[1,]", "[1]".encode("utf-16"), b"[" * 100_000, b"9" * 10_000])
def test_what_is_no_json(tmp_path, content):
    (tmp_path / "j").write_bytes(content)
    with pytest.raises(DatasetError, match="no valid json"):
        read_json(tmp_path, PurePosixPath("j"))


def test_what_is_no_plain_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "nowhere").symlink_to("absent")
    reasons = {
        "fifo": "no plain",
        "folder": "no plain",
        "device": "no plain",
        "loop": "cannot",
        "nowhere": "is missing",
    }
    for name, reason in reasons.items():
        for read in (read_bytes, read_text, read_json):
            caught: list[Exception] = []

            def attempt(read=read, name=name, caught=caught) -> None:
                try:
                    read(tmp_path, PurePosixPath(name))
                except DatasetError as error:
                    caught.append(error)

            # A reader that waits for a FIFO's other end must fail this test and not stop it.
            thread = threading.Thread(target=attempt, daemon=True)
            thread.start()
            thread.join(5)
            assert len(caught) == 1 and reason in str(caught[0])
    with pytest.raises(DatasetError, match="is missing"):
        read_bytes(tmp_path, PurePosixPath("absent"))
    with pytest.raises(DatasetError, match="cannot be read"):
        read_bytes(tmp_path, PurePosixPath("a\0b"))


def test_a_link_that_the_user_placed_is_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/t").write_text("x\n")
    (tmp_path / "root").mkdir()
    (tmp_path / "root/object").symlink_to(tmp_path / "elsewhere")
    assert read_text(tmp_path / "root", PurePosixPath("object/t")) == "x\n"


def test_files_beyond_the_limits(tmp_path):
    with (tmp_path / "large").open("wb") as file:
        file.truncate(text_files.TEXT_BYTES + 1)  # a hole: it takes no space
    start = time.perf_counter()
    for read in (read_bytes, read_text, read_json):
        with pytest.raises(DatasetError, match=r"too large: 1073741825 bytes, the limit is"):
            read(tmp_path, PurePosixPath("large"))
    assert time.perf_counter() - start < 1
    (tmp_path / "small.json").write_text(json.dumps([0] * 10))
    with pytest.raises(DatasetError, match="the limit is 5"):
        read_json(tmp_path, PurePosixPath("small.json"), 5)


@pytest.mark.parametrize("length", [0, 1, 9, 10, 11, 25])
def test_lines_up_to_the_limit(monkeypatch, length):
    monkeypatch.setattr(text_files, "LINE_CHARACTERS", 10)
    for content in (b"a" * length, b"x\n" * 7 + b"a" * length + b"\n", b"a" * length + b"\n" + b"b" * 9):
        if length <= 10:
            check_lines(content, FILE)
        else:
            with pytest.raises(DatasetError, match="longer than 10 characters"):
                check_lines(content, FILE)


def test_a_long_line_of_a_table_but_not_of_json(tmp_path: Path):
    content = b"[" + b"1," * 600_000 + b"1]"
    (tmp_path / "t").write_bytes(content)
    with pytest.raises(DatasetError, match="line 1: is longer than 1000000 characters"):
        read_text(tmp_path, PurePosixPath("t"))
    assert len(read_json(tmp_path, PurePosixPath("t"))) == 600_001


def test_more_lines_than_memory_is_for():
    start = time.perf_counter()
    check_lines(b"\n" * 2**24, FILE)
    with pytest.raises(DatasetError, match="more than 16777216 lines"):
        check_lines(b"\n" * (2**24 + 1), FILE)
    assert time.perf_counter() - start < 2

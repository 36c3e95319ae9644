"""Reading text files strictly: the limits, and what is no plain file."""

import json
import os
import threading
import time
from pathlib import Path, PurePosixPath

import pytest

from pipeline.datasets import text_files
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.text_files import check_lines, read_bytes, read_json, read_text

FILE = PurePosixPath("a/b.txt")


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
    reasons = {"loop": "cannot", "nowhere": "is missing"} | dict.fromkeys(("fifo", "folder", "device"), "no plain")
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

"""The lines of a Wavefront obj file, sorted by kind without a loop over them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from pipeline.datasets.decimal_words import PADDING, Text, classify
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.meshes.obj_materials import split_line
from pipeline.datasets.text_files import check_lines, without_mark

# Bounds the memory; arrays of more lines leave the processor's cache.
_LINES_AT_ONCE = 1536
_BLANK = np.isin(np.arange(256), list(b" \t\n\v\f\r"))


@dataclass(frozen=True)
class NumberLines:
    """Lines of one kind, joined: line i has the words of `text` from byte `place[i]` to `place[i + 1]`.

    Keywords and comments are blank. `begin` is the number of the first line among those of its kind.
    """

    begin: int
    text: Text
    place: Int64[np.ndarray, " n1"]

    def row(self, byte: int) -> int:
        """The number, from 1, of the line that holds a byte of the text, among the lines of its kind."""
        return self.begin + int(np.searchsorted(self.place, byte, side="right"))


@dataclass(frozen=True)
class ObjLines:
    """An obj file's bytes and the lines of each kind, by number: `v`, `vt`, `f`, `usemtl` and `mtllib`.

    Line i is `content[start[i] : start[i + 1]]`, its line feed included, without leading blanks.
    """

    content: bytes
    start: Int64[np.ndarray, " l1"]
    vertices: Int64[np.ndarray, " v"]
    uvs: Int64[np.ndarray, " t"]
    faces: Int64[np.ndarray, " f"]
    materials: Int64[np.ndarray, " m"]
    libraries: Int64[np.ndarray, " l"]

    def numbers(self, lines: Int64[np.ndarray, " n"], keyword: int) -> Iterator["NumberLines"]:
        """The text of some lines behind a keyword of `keyword` characters, some thousand lines at a time."""
        for begin in range(0, len(lines), _LINES_AT_ONCE):
            yield self._joined(lines[begin : begin + _LINES_AT_ONCE], keyword, begin)

    def _joined(self, lines: Int64[np.ndarray, " n"], keyword: int, begin: int) -> "NumberLines":
        breaks = np.flatnonzero(np.diff(lines) != 1)
        first, last = lines[np.append(0, breaks + 1)], lines[np.append(breaks, -1)]
        spans = zip(self.start[first].tolist(), self.start[last + 1].tolist(), strict=True)
        joined = bytearray(PADDING + b"".join([self.content[a:b] for a, b in spans]) + b"\n")
        place = len(PADDING) + np.append(0, np.cumsum(self.start[lines + 1] - self.start[lines]))
        for character in range(keyword):
            np.frombuffer(joined, dtype=np.uint8)[place[:-1] + character] = ord(" ")
        content = bytes(joined)
        if b"#" in content:
            # `1.#QNAN` is how some systems write what is no number.
            content = re.sub(rb"(?<!\.)#[^\n]*", lambda comment: b" " * len(comment[0]), content)
        return NumberLines(begin, classify(content), place)

    def name(self, line: int) -> str:
        """The text behind the first word of a line, without a comment."""
        return split_line(self.content[self.start[line] : self.start[line + 1]])[1]


def obj_lines(text: str | bytes, file: PurePosixPath) -> ObjLines:
    """Sort the lines of an obj file's text by kind; `file` names it in errors.

    Lines end with LF, CRLF or CR. A backslash at the end of a line that is no comment joins it with the next one.
    Raises DatasetError for a line of more characters than a text file may have and for zero bytes.
    """
    content = text.encode("utf-8", "replace") if isinstance(text, str) else text
    content = _plain(without_mark(content), file)
    byte: UInt8[np.ndarray, " b"] = np.frombuffer(content, dtype=np.uint8)
    # The last two line feeds are there only so that every line has a third character.
    start = np.concatenate([[0], np.flatnonzero(byte == ord("\n"))[:-2] + 1])
    first, second, third = (byte[start[:-1] + place] for place in range(3))
    if (_BLANK[first] & (first != ord("\n"))).any():
        return obj_lines(re.sub(rb"(?m)^[ \t\v\f]+", b"", content[:-3]), file)
    v, ends = first == ord("v"), _BLANK[second]
    uvs = v & (second == ord("t")) & _BLANK[third]
    return ObjLines(
        content=content,
        start=start,
        vertices=np.flatnonzero(v & ends),
        uvs=np.flatnonzero(uvs),
        faces=np.flatnonzero((first == ord("f")) & ends),
        materials=_led_by(b"usemtl", content, start, first == ord("u")),
        libraries=_led_by(b"mtllib", content, start, first == ord("m")),
    )


def _plain(content: bytes, file: PurePosixPath) -> bytes:
    """The text with LF alone at the ends of lines, joined lines, and three LF at its end."""
    if b"\0" in content:
        raise DatasetError(file, "file", "is no text: it holds zero bytes")
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\\" in content and b"\\\n" in content:  # one character is found much faster than two
        content = re.sub(rb"(?m)^[ \t\v\f]*#.*$", b"", content).replace(b"\\\n", b" ")
    check_lines(content, file)
    return content + b"\n\n\n"


def _led_by(
    keyword: bytes, content: bytes, start: Int64[np.ndarray, " l1"], likely: Bool[np.ndarray, " l"]
) -> Int64[np.ndarray, " m"]:
    """The likely lines whose first word is `keyword`."""
    lines = [
        line
        for line in np.flatnonzero(likely).tolist()
        if content.startswith(keyword, start[line]) and _BLANK[content[start[line] + len(keyword)]]
    ]
    return np.array(lines, dtype=np.int64)

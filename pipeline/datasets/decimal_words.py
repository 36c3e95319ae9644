"""Parse decimal numbers in bytes, thousands at once: find the words of a text, and turn each into a number.

Plain numbers are read eight digits at a time as 64-bit words (D. Lemire, "Quickly parsing eight digits", 2022); a
mantissa below 10^15 over a power of ten up to 10^15 are both exact doubles, so one division rounds as `float` does
(W. D. Clinger, "How to read floating point numbers accurately", 1990). All other words go through `float` and `int`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int64, Shaped, UInt8, UInt64

PADDING = b" " * 16  # what a text must start with, because a word is loaded from its end
DIGIT, SIGN, DOT, OTHER, SLASH, BLANK = range(6)

_EXACT_DIGITS = 15
_TENS = 10 ** np.arange(_EXACT_DIGITS + 1, dtype=np.int64)
_TENS_AS_FLOATS = _TENS.astype(np.float64)
# The bytes of the last n of eight characters, n = 0..8.
_LAST = np.array([(2**64 - 1) >> 8 * (8 - n) << 8 * (8 - n) for n in range(9)], dtype=np.uint64)


# Eight digits, four pairs, two fours: what is kept of a word, its factor and its shift.
_STEPS = tuple(
    (np.uint64(factor), np.uint64(shift), np.uint64(kept))
    for factor, shift, kept in (
        (10 * 2**8 + 1, 8, 0x0F0F0F0F0F0F0F0F),
        (100 * 2**16 + 1, 16, 0x00FF00FF00FF00FF),
        (10000 * 2**32 + 1, 32, 0x0000FFFF0000FFFF),
    )
)


def _class_table() -> bytes:
    table = bytearray([OTHER] * 256)
    for characters, kind in (
        (b"0123456789", DIGIT),
        (b"+-", SIGN),
        (b".", DOT),
        (b"/", SLASH),
        (b" \t\n\v\f\r", BLANK),
    ):
        for character in characters:
            table[character] = kind
    return bytes(table)


_CLASS = _class_table()


class BadWordError(ValueError):
    """A word that is no number. `place` is its first byte in the text."""

    def __init__(self, word: bytes, place: int) -> None:
        """Keep both as the exception's arguments, so that it can be pickled."""
        super().__init__(word, place)
        self.word = word
        self.place = place

    def __str__(self) -> str:
        """The word as it stands in the text."""
        return repr(self.word[:40].decode("utf-8", "replace"))


@dataclass(frozen=True)
class Text:
    """Bytes that start with PADDING and end with a blank, each with its class. Blank is what `bytes.split` cuts at."""

    content: bytes
    byte: UInt8[np.ndarray, " b"]
    kind: UInt8[np.ndarray, " b"]


def classify(content: bytes) -> Text:
    """Class each byte of a text; see Text."""
    kinds = content.translate(_CLASS)
    return Text(content, np.frombuffer(content, dtype=np.uint8), np.frombuffer(kinds, dtype=np.uint8))


def find_words(text: Text) -> tuple[Int64[np.ndarray, " w"], Int64[np.ndarray, " w"]]:
    """Find the first byte of every word, and the byte behind it."""
    inside = text.kind != BLANK
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    return edges[0::2], edges[1::2]


def parse_floats(text: Text, start: Int64[np.ndarray, " w"], end: Int64[np.ndarray, " w"]) -> Float64[np.ndarray, " w"]:
    """Parse each of some words of the text as `float` does, but refuse underscores.

    Raises BadWordError for a word that is no number.
    """
    negative, first = _signs(text, start)
    odd = np.zeros(len(start), dtype=bool)
    _mark(odd, np.flatnonzero((text.kind == OTHER) | (text.kind == SLASH)), start, end)
    if np.count_nonzero(text.kind == SIGN) != np.count_nonzero(first != start):
        signs = np.flatnonzero(text.kind == SIGN)
        _mark(odd, signs[text.kind[signs - 1] != BLANK], start, end)
    dot = _dots(text, start, end, odd)
    whole = dot - first
    fraction = np.maximum(end - dot - 1, 0)
    digits = whole + fraction
    odd |= (whole > 8) | (digits > _EXACT_DIGITS) | (digits < 1)
    strange = np.flatnonzero(odd)
    whole[strange] = fraction[strange] = 0
    mantissa = _digits(text, dot, whole) * _entries(_TENS, fraction) + _fraction(text, end, fraction)
    value: Float64[np.ndarray, " w"] = mantissa / _entries(_TENS_AS_FLOATS, fraction)
    np.negative(value, out=value, where=negative)
    for place in strange:
        value[place] = _as_float(text.content[start[place] : end[place]], int(start[place]))
    return value


def parse_integers(text: Text, start: Int64[np.ndarray, " w"], end: Int64[np.ndarray, " w"]) -> Int64[np.ndarray, " w"]:
    """Parse each of some words of the text, which are digits behind at most one sign.

    Raises BadWordError for a word without digits and a number beyond 64 bits.
    """
    negative, first = _signs(text, start)
    count = end - first
    odd = np.flatnonzero((count < 1) | (count > 8))
    count[odd] = 0
    value = _digits(text, end, count)
    np.negative(value, out=value, where=negative)
    for place in odd:
        value[place] = _as_integer(text.content[start[place] : end[place]], int(start[place]))
    return value


def _signs(text: Text, start: Int64[np.ndarray, " w"]) -> tuple[Bool[np.ndarray, " w"], Int64[np.ndarray, " w"]]:
    """Find the words that start with a minus, and the first byte of each word behind its sign."""
    if not (text.kind == SIGN).any():
        return np.zeros(len(start), dtype=bool), start
    return text.byte[start] == ord("-"), start + (text.kind[start] == SIGN)


def _mark(
    odd: Bool[np.ndarray, " w"],
    places: Int64[np.ndarray, " p"],
    start: Int64[np.ndarray, " w"],
    end: Int64[np.ndarray, " w"],
) -> None:
    """Set `odd` for the words that hold one of `places`."""
    owner = np.searchsorted(start, places, side="right") - 1
    places, owner = places[owner >= 0], owner[owner >= 0]
    odd[owner[places < end[owner]]] = True


def _dots(
    text: Text, start: Int64[np.ndarray, " w"], end: Int64[np.ndarray, " w"], odd: Bool[np.ndarray, " w"]
) -> Int64[np.ndarray, " w"]:
    """The place of each word's dot, the end where it has none. Sets `odd` for words with several."""
    dots = np.flatnonzero(text.kind == DOT)
    if len(dots) == len(start) and ((start <= dots) & (dots < end)).all():
        return dots
    owner = np.searchsorted(start, dots, side="right") - 1
    dots, owner = dots[owner >= 0], owner[owner >= 0]
    inside = dots < end[owner]
    dots, owner = dots[inside], owner[inside]
    odd[owner[1:][owner[1:] == owner[:-1]]] = True
    dot = end.copy()
    dot[owner] = dots
    return dot


def _digits(text: Text, end: Int64[np.ndarray, " w"], count: Int64[np.ndarray, " w"]) -> Int64[np.ndarray, " w"]:
    """The number that the last `count` (0..8) bytes before `end` spell; they must be digits."""
    if count.max(initial=0) <= 1:
        single: Int64[np.ndarray, " w"] = (text.byte[end - 1] & 15) * count
        return single
    loads: UInt64[np.ndarray, " l"] = np.ndarray(len(text.content) - 7, "<u8", text.content, strides=(1,))
    word = loads[end - 8]
    word &= _entries(_LAST, count)
    # In place: fresh memory costs more than the arithmetic.
    for factor, shift, kept in _STEPS:
        word &= kept
        word *= factor
        word >>= shift
    value: Int64[np.ndarray, " w"] = word.view(np.int64)
    return value


def _entries(table: Shaped[np.ndarray, " n"], index: Int64[np.ndarray, " w"]) -> Any:
    """`table[index]`, or the one entry where all are the same: published files have a fixed number of decimals."""
    if len(index) and (index == index[0]).all():
        return table[index[0]]
    return table[index]


def _fraction(text: Text, end: Int64[np.ndarray, " w"], count: Int64[np.ndarray, " w"]) -> Int64[np.ndarray, " w"]:
    """Read the number of up to 15 digits before `end`, as `_digits` does for 8."""
    value = _digits(text, end, np.minimum(count, 8))
    long = np.flatnonzero(count > 8)
    if len(long):
        value[long] += _digits(text, end[long] - 8, count[long] - 8) * 10**8
    return value


def _as_float(word: bytes, place: int) -> float:
    try:
        if b"_" in word:
            raise BadWordError(word, place)
        return float(word)
    except ValueError:
        raise BadWordError(word, place) from None


def _as_integer(word: bytes, place: int) -> int:
    try:
        value = int(word)
    except ValueError:
        raise BadWordError(word, place) from None
    if not -(2**63) <= value < 2**63:
        raise BadWordError(word, place)
    return value

"""A keypoint transfer drawn over its two views."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int64, UInt8
from PIL import Image, ImageDraw

from eval.pictures.canvas import enlarged
from eval.pictures.palette import Colour, keypoint_colour
from eval.transfer.transfer_plan import KeypointPlan

# Marks are drawn larger and reduced, which smooths their edges; the views' own pixels stay sharp. They are large
# enough to tell apart where the picture is shown a phone wide, 150 pixels a view.
_FINER = 4
_GAP = 24
# The picture of a view is this many units wide, whatever its size; marks are drawn in these units.
_UNITS = 380
_INK: Colour = (40, 40, 44)


def keypoint_picture(
    rgb: UInt8[np.ndarray, "h w 3"], uv: Float[np.ndarray, "k 2"], ids: Int64[np.ndarray, " k"], size: int
) -> Image.Image:
    """A view enlarged to `size` with a disc on each keypoint; uv in the view's pixels."""
    view = enlarged(rgb, size)
    marks = _Marks(view.size, view.width / rgb.shape[1], view.width / _UNITS)
    for number, place in zip(ids, uv, strict=True):
        marks.disc(place, keypoint_colour(int(number)))
    return marks.over(view)


def transfer_picture(
    source: UInt8[np.ndarray, "h w 3"],
    target: UInt8[np.ndarray, "h w 3"],
    plan: KeypointPlan,
    matched: Float[np.ndarray, "k 2"],
    size: int,
) -> Image.Image:
    """Source at the left, target at the right, each enlarged to `size`, a colour for each keypoint.

    A disc is a source keypoint and its match, joined by a line; a ring is its true place in the target,
    joined to the match by a second line: its length is the error.
    """
    numbers = [int(number) for number in plan.ids]
    return _pair_picture(source, target, (plan.source, matched, plan.true), numbers, size)


def matches_picture(
    source: UInt8[np.ndarray, "h w 3"],
    target: UInt8[np.ndarray, "h w 3"],
    source_uv: Float[np.ndarray, "n 2"],
    target_uv: Float[np.ndarray, "n 2"],
    size: int,
) -> Image.Image:
    """Source at the left, target at the right, each enlarged to `size`; a line joins each place to its match.

    Places are (u, v) in the views' pixels.
    """
    return _pair_picture(source, target, (source_uv, target_uv, None), range(len(source_uv)), size)


def _pair_picture(
    source: UInt8[np.ndarray, "h w 3"],
    target: UInt8[np.ndarray, "h w 3"],
    places: tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, "n 2"], Float[np.ndarray, "n 2"] | None],
    numbers: Sequence[int],
    size: int,
) -> Image.Image:
    """Draw places of the source and their matches, and the true ones where they are known; numbers give colours."""
    left, right = enlarged(source, size), enlarged(target, size)
    both = Image.new("RGB", (left.width + _GAP + right.width, max(left.height, right.height)), "white")
    both.paste(left, (0, 0))
    both.paste(right, (left.width + _GAP, 0))
    scale = left.width / source.shape[1]
    aside = np.array([(left.width + _GAP) / scale, 0])
    starts, matches, true = places
    marks = _Marks(both.size, scale, scale * source.shape[1] / _UNITS)
    rows = [(keypoint_colour(number), *ends) for number, *ends in zip(numbers, starts, matches + aside, strict=True)]
    for colour, start, match in rows:
        marks.line(start, match, colour, 2.0, opacity=170)
    for number, (colour, start, match) in enumerate(rows):
        if true is not None:
            marks.line(match, true[number] + aside, colour, 3.6, opacity=255)
            marks.ring(true[number] + aside, colour)
        marks.disc(start, colour)
        marks.disc(match, colour)
    return marks.over(both)


class _Marks:
    """A transparent sheet over a picture; places in the view's pixels, widths in units of the picture."""

    def __init__(self, size: tuple[int, int], scale: float, unit: float) -> None:
        self._size = size
        self._scale = scale * _FINER
        self._unit = unit * _FINER
        self._sheet = Image.new("RGBA", (size[0] * _FINER, size[1] * _FINER), (255, 255, 255, 0))
        self._draw = ImageDraw.Draw(self._sheet)

    def disc(self, uv: Float[np.ndarray, "2"], colour: Colour) -> None:
        self._draw.ellipse(self._box(uv, 8.4), fill=_INK)
        self._draw.ellipse(self._box(uv, 7.2), fill="white")
        self._draw.ellipse(self._box(uv, 5.6), fill=colour)

    def ring(self, uv: Float[np.ndarray, "2"], colour: Colour) -> None:
        self._draw.ellipse(self._box(uv, 11.0), outline="white", width=round(6.2 * self._unit))
        self._draw.ellipse(self._box(uv, 10.2), outline=_INK, width=round(4.6 * self._unit))
        self._draw.ellipse(self._box(uv, 9.4), outline=colour, width=round(3.0 * self._unit))

    def line(
        self, start: Float[np.ndarray, "2"], end: Float[np.ndarray, "2"], colour: Colour, width: float, opacity: int
    ) -> None:
        ends = (np.concatenate([start, end]) * self._scale).tolist()
        self._draw.line(ends, fill=(*colour, opacity), width=round(width * self._unit))

    def over(self, picture: Image.Image) -> Image.Image:
        reduced = self._sheet.resize(self._size, Image.Resampling.BOX)
        return Image.alpha_composite(picture.convert("RGBA"), reduced).convert("RGB")

    def _box(self, uv: Float[np.ndarray, "2"], radius: float) -> tuple[float, float, float, float]:
        x, y = (uv * self._scale).tolist()
        reach = radius * self._unit
        return x - reach, y - reach, x + reach, y + reach

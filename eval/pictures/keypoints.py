"""A keypoint transfer drawn over its two views."""

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
    both, scale, aside = _side_by_side(source, target, size)
    places = zip(plan.source, matched + aside, plan.true + aside, strict=True)
    rows = [(keypoint_colour(int(number)), *place) for number, place in zip(plan.ids, places, strict=True)]
    marks = _Marks(both.size, scale, scale * source.shape[1] / _UNITS)
    for colour, start, match, _ in rows:
        marks.line(start, match, colour, 2.0, opacity=170)
    for colour, start, match, true in rows:
        marks.line(match, true, colour, 3.6, opacity=255)
        marks.ring(true, colour)
        marks.disc(start, colour)
        marks.disc(match, colour)
    return marks.over(both)


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
    both, scale, aside = _side_by_side(source, target, size)
    marks = _Marks(both.size, scale, scale * source.shape[1] / _UNITS)
    ends = list(zip(source_uv, target_uv + aside, strict=True))
    for number, (start, match) in enumerate(ends):
        marks.line(start, match, keypoint_colour(number), 2.0, opacity=170)
    for number, (start, match) in enumerate(ends):
        marks.disc(start, keypoint_colour(number))
        marks.disc(match, keypoint_colour(number))
    return marks.over(both)


def _side_by_side(
    source: UInt8[np.ndarray, "h w 3"], target: UInt8[np.ndarray, "h w 3"], size: int
) -> tuple[Image.Image, float, Float[np.ndarray, "2"]]:
    """Put two views side by side. Returns the scale, and how far right the second one starts, in the views' pixels."""
    left, right = enlarged(source, size), enlarged(target, size)
    both = Image.new("RGB", (left.width + _GAP + right.width, max(left.height, right.height)), "white")
    both.paste(left, (0, 0))
    both.paste(right, (left.width + _GAP, 0))
    scale = left.width / source.shape[1]
    return both, scale, np.array([(left.width + _GAP) / scale, 0])


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

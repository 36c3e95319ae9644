"""Lines over a number as the geometry of a small drawing; the template turns it into SVG."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 340, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 14.0, 10.0, 34.0
# From this ratio of largest to smallest value on, a linear axis would hide the end of a falling curve.
_LOGARITHMIC_FROM = 20
# So many marks a line: enough to tell lines without colour, few enough to see the line.
_MARKS = 5
STYLES = 6


@dataclass(frozen=True)
class Line:
    """A line's name, its points in ascending x, and its style: 0 to `STYLES` - 1, or None for what is set back."""

    label: str
    points: tuple[tuple[float, float], ...]
    style: int | None


@dataclass(frozen=True)
class DrawnLine:
    """The line and its marks as SVG paths; first and last are the finite values at its ends, None if none is finite.

    `sample` is one mark at (20, 6), for the legend.
    """

    label: str
    style: int | None
    path: str
    marks: str
    sample: str
    first: float | None
    last: float | None


@dataclass(frozen=True)
class LinePlot:
    """Lines in a box of `WIDTH` x `HEIGHT` units, y down; ticks are (place, label).

    `borders` are places on the x axis where something changes.
    """

    lines: tuple[DrawnLine, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    logarithmic: bool
    borders: tuple[float, ...] = ()
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    top: float = _TOP
    bottom: float = HEIGHT - _BOTTOM


def line_plot(lines: Sequence[Line], from_zero: bool = False, borders: Sequence[float] = ()) -> LinePlot | None:
    """The drawing of some lines, with a gap where a value is not finite; None if no value is.

    The value axis is logarithmic if all values are positive and span a factor of 20 or more, unless it is to begin at
    zero. `borders` that lie between the ends of the x axis are marked.
    """
    values = [y for line in lines for _, y in line.points if math.isfinite(y)]
    if not values:
        return None
    logarithmic = not from_zero and min(values) > 0 and max(values) >= _LOGARITHMIC_FROM * min(values)
    scale: Callable[[float], float] = math.log10 if logarithmic else float
    x_low = min(line.points[0][0] for line in lines if line.points)
    x_high = max(line.points[-1][0] for line in lines if line.points)
    x_high = x_high if x_high > x_low else x_low + 1
    y_low, y_high = _padded(scale(min(values)), scale(max(values)))
    y_low = min(0.0, *values) if from_zero else y_low

    def place(point: tuple[float, float]) -> tuple[float, float]:
        return (
            round(_LEFT + (point[0] - x_low) / (x_high - x_low) * (WIDTH - _LEFT - _RIGHT), 1),
            round(HEIGHT - _BOTTOM - (scale(point[1]) - y_low) / (y_high - y_low) * (HEIGHT - _TOP - _BOTTOM), 1),
        )

    y_values = _decades(y_low, y_high) if logarithmic else _round_steps(y_low, y_high, 5)
    x_values = _round_steps(x_low, x_high, 4)
    return LinePlot(
        lines=tuple(_drawn(line, place, len(lines) > 1) for line in lines),
        x_ticks=tuple((place((value, values[0]))[0], f"{value:g}") for value in x_values),
        y_ticks=tuple((place((x_low, value))[1], f"{value:g}") for value in y_values),
        logarithmic=logarithmic,
        borders=tuple(place((x, values[0]))[0] for x in borders if x_low < x < x_high),
    )


def _drawn(line: Line, place: Callable[[tuple[float, float]], tuple[float, float]], marked: bool) -> DrawnLine:
    pieces, pen, last_x = [], "M", -1.0
    finite = [point for point in line.points if math.isfinite(point[1])]
    chosen = _alone(line.points)
    for point in line.points:
        if not math.isfinite(point[1]):
            pen = "M"
            continue
        x, y = place(point)
        # Closer than a tenth of a unit nobody sees a second point, and long trainings have many.
        if pen == "L" and x == last_x:
            continue
        pieces.append(f"{pen}{x:g} {y:g}")
        pen, last_x = "L", x
    if marked and line.style is not None:
        # Shifted from line to line, so that marks of lines on top of each other do not hide each other.
        step = max(1, len(finite) // _MARKS)
        chosen = [*finite[line.style * step // STYLES :: step], *chosen]
    return DrawnLine(
        label=line.label,
        style=line.style,
        path="".join(pieces),
        marks="".join(_mark(line.style or 0, *place(point)) for point in chosen),
        sample="" if line.style is None else _mark(line.style, 20, 6),
        first=finite[0][1] if finite else None,
        last=finite[-1][1] if finite else None,
    )


def _alone(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points with no finite neighbour: a line alone would not show them."""
    finite = [False, *(math.isfinite(value) for _, value in points), False]
    return [point for i, point in enumerate(points) if finite[i : i + 3] == [False, True, False]]


def _mark(style: int, x: float, y: float) -> str:
    """Draw the mark of a style: disc, square, triangle, diamond, triangle on its tip or cross."""
    start = f"M{x:g} {y:g}"
    shapes = (
        "m-3.2 0a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0 -6.4 0z",
        "m-2.8 -2.8h5.6v5.6h-5.6z",
        "m0 -3.8l3.6 6.4h-7.2z",
        "m0 -4.2l4.2 4.2l-4.2 4.2l-4.2 -4.2z",
        "m0 3.8l3.6 -6.4h-7.2z",
        "m-1.1 -3.7h2.2v2.6h2.6v2.2h-2.6v2.6h-2.2v-2.6h-2.6v-2.2h2.6z",
    )
    return start + shapes[style % STYLES]


def _padded(low: float, high: float) -> tuple[float, float]:
    room = 0.06 * (high - low) or 0.5 * abs(high) or 0.5
    return low - room, high + room


def _round_steps(low: float, high: float, about: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten inside [low, high], about so many."""
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    return [float(f"{index * step:.12g}") for index in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _decades(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten between 10^low and 10^high; powers of ten alone where they are enough."""
    powers = range(math.floor(low), math.ceil(high) + 1)
    inside = [
        float(f"{factor}e{power}")
        for power in powers
        for factor in (1, 2, 5)
        if low <= math.log10(factor) + power <= high
    ]
    tens = [value for value in inside if f"{value:e}".startswith("1.0")]
    return tens if len(tens) > 2 else inside

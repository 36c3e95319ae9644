"""A training curve as the geometry of a small drawing; the template turns it into SVG."""

import math
from dataclasses import dataclass

from eval.report.contents import Curve

WIDTH, HEIGHT = 320, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 50.0, 12.0, 10.0, 34.0
# From this ratio of largest to smallest value on, a linear axis would hide the end of a falling curve.
_LOGARITHMIC_FROM = 20


@dataclass(frozen=True)
class CurvePlot:
    """One curve in a box of `WIDTH` x `HEIGHT` units, y down; ticks are (place, label)."""

    name: str
    path: str
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    logarithmic: bool
    first: str
    last: str
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    top: float = _TOP
    bottom: float = HEIGHT - _BOTTOM


def curve_plot(curve: Curve) -> CurvePlot | None:
    """The drawing of a curve, with a gap where a value is not finite; None if none is.

    The value axis is logarithmic if all values are positive and span a factor of 20 or more.
    """
    values = [value for _, value in curve.points if math.isfinite(value)]
    if not values:
        return None
    logarithmic = min(values) > 0 and max(values) >= _LOGARITHMIC_FROM * min(values)
    scale = math.log10 if logarithmic else float
    x_low = float(curve.points[0][0])
    x_high = max(float(curve.points[-1][0]), x_low + 1)
    y_low, y_high = _padded(scale(min(values)), scale(max(values)))

    def x(step: float) -> float:
        return round(_LEFT + (step - x_low) / (x_high - x_low) * (WIDTH - _LEFT - _RIGHT), 1)

    def y(value: float) -> float:
        return round(HEIGHT - _BOTTOM - (scale(value) - y_low) / (y_high - y_low) * (HEIGHT - _TOP - _BOTTOM), 1)

    pieces, pen = [], "M"
    for step, value in curve.points:
        if math.isfinite(value):
            pieces.append(f"{pen}{x(float(step))} {y(value)}")
            pen = "L"
        else:
            pen = "M"
    y_values = _decades(y_low, y_high) if logarithmic else _round_steps(y_low, y_high, 4)
    return CurvePlot(
        name=curve.name,
        path="".join(pieces),
        x_ticks=tuple((x(step), f"{step:g}") for step in _round_steps(x_low, x_high, 4)),
        y_ticks=tuple((y(value), f"{value:g}") for value in y_values),
        logarithmic=logarithmic,
        first=f"{values[0]:.3g}",
        last=f"{values[-1]:.3g}",
    )


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

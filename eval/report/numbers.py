"""Numbers as the report prints them. What is not there is a dash."""

import math
from collections.abc import Callable

from eval.statistics.intervals import Interval

NOTHING = "–"
MINUS = "\u2212"


def percent(share: float) -> str:
    """A share in percent, one decimal."""
    return _decimals(100 * share, 1)


def decibel(value: float) -> str:
    """PSNR in dB, two decimals."""
    return _decimals(value, 2)


def similarity(value: float) -> str:
    """SSIM or LPIPS, three decimals."""
    return _decimals(value, 3)


def amount(value: float) -> str:
    """A loss or a value of a curve, three digits."""
    return f"{value:.3g}".replace("-", MINUS)


def signed(difference: float, text_of: Callable[[float], str]) -> str:
    """A difference with its sign."""
    text = text_of(difference)
    return f"+{text}" if difference > 0 and text != text_of(0.0) else text


def interval(ranged: Interval, text_of: Callable[[float], str] = percent) -> str:
    """`59.8 to 64.4`, in percent or percentage points unless said; nothing where there is no interval to speak of."""
    if not (math.isfinite(ranged.low) and math.isfinite(ranged.high)) or ranged.low == ranged.high == ranged.mean:
        return ""
    return f"{text_of(ranged.low)} to {text_of(ranged.high)}"


def p_value(p: float) -> str:
    """`p = 0.032`, two digits, and `p < 0.001` below that."""
    return "p < 0.001" if p < 0.001 else f"p = {float(f'{p:.2g}'):g}"


def _decimals(value: float, count: int) -> str:
    text = f"{value:.{count}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", MINUS)

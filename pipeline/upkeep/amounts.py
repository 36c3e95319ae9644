"""Format sizes and rates of bytes, and times."""

import time

TIMES = (("days", 86_400), ("h", 3600), ("min", 60), ("s", 0))


def size_and_rate(count: int, start: float) -> str:
    """Format bytes that were read since `start`, a time.monotonic(), as `1.2 GB, 812 MB/s`."""
    return f"{size_of(count)}, {count / max(time.monotonic() - start, 1e-9) / 1e6:.3g} MB/s"


def size_of(count: float) -> str:
    """Format a number of bytes in decimal units: `999 B`, `1.2 kB`, `34 GB`."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 999.5 or unit == "TB":
            return f"{count:.0f} {unit}" if unit == "B" or count >= 10 else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError


def duration_of(seconds: float) -> str:
    """Format a time by two digits: `35 s`, `3.2 h`, `2,400 days`."""
    unit, length = next(pair for pair in TIMES if seconds >= pair[1])
    return f"{float(f'{seconds / max(length, 1):.2g}'):,.10g} {unit}"

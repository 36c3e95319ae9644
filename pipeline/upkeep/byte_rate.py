"""Count bytes and format sizes and rates."""

import time


class ByteRate:
    """Count of bytes since its creation, and their rate."""

    def __init__(self) -> None:
        """Start the clock."""
        self.bytes = 0
        self._start = time.monotonic()

    def add(self, count: int) -> None:
        """Count more bytes."""
        self.bytes += count

    def __str__(self) -> str:
        """Format as `1.2 GB, 812 MB/s`."""
        rate = self.bytes / max(time.monotonic() - self._start, 1e-9)
        return f"{size_of(self.bytes)}, {rate / 1e6:.3g} MB/s"


def size_of(count: float) -> str:
    """Format a number of bytes in decimal units: `999 B`, `1.2 kB`, `34 GB`."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 999.5 or unit == "TB":
            return f"{count:.0f} {unit}" if unit == "B" or count >= 10 else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError

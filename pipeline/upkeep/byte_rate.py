"""How fast bytes go by."""

import time


class ByteRate:
    """Counts bytes from now on."""

    def __init__(self) -> None:
        """Nothing has gone by yet."""
        self.bytes = 0
        self._start = time.monotonic()

    def add(self, count: int) -> None:
        """So many more."""
        self.bytes += count

    def __str__(self) -> str:
        """`1.2 GB, 812 MB/s`."""
        rate = self.bytes / max(time.monotonic() - self._start, 1e-9)
        return f"{size_of(self.bytes)}, {rate / 1e6:.3g} MB/s"


def size_of(count: float) -> str:
    """A number of bytes in decimal units, for a person: `999 B`, `1.2 kB`, `34 GB`."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 999.5 or unit == "TB":
            return f"{count:.0f} {unit}" if unit == "B" or count >= 10 else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError

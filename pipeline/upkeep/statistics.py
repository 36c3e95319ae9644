"""`pipeline store stats`: the content of each store, its size, and how fast it was written and can be read."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.artifacts.places import Place, PlaceKind, find_places
from pipeline.artifacts.references import references
from pipeline.artifacts.reopen import reopen
from pipeline.errors import UserError
from pipeline.progress import say
from pipeline.stores.plain_files import read_file
from pipeline.stores.store import Store
from pipeline.upkeep.amounts import size_of
from pipeline.upkeep.removal import size_and_time

MEASURED = 4  # objects that are read to measure the speed


@dataclass(frozen=True)
class StoreStatistics:
    """Statistics of a store. None stands for what an empty store, or labels without a share, do not have.

    `used_by` names receipts. `dense_bytes` is the size of the objects as plain arrays, `foreground_share` their mean.
    Reading speeds count decoded arrays, and are None if an object is damaged. Times are those of the first and the last
    marker, in s since 1970.
    """

    place: Place
    used_by: tuple[str, ...]
    objects: int
    failed: int
    bytes: int
    dense_bytes: int
    foreground_share: float | None
    read_views_per_second: float | None
    read_megabytes_per_second: float | None
    first_written: float | None
    last_written: float | None
    written_views_per_second: float | None

    @property
    def bytes_per_foreground_byte(self) -> float | None:
        """Bytes over (foreground share x dense bytes): 1 means the foreground alone, uncompressed."""
        foreground = (self.foreground_share or 0) * self.dense_bytes
        return self.bytes / foreground if foreground else None


def all_statistics(root: Path, kinds: Sequence[PlaceKind], category: str | None) -> Iterator[StoreStatistics]:
    """Measure the stores of these kinds and this category below storage.root. Damaged ones are named and left out."""
    receipts = references(kinds, category)
    for place in find_places(root, kinds, category):
        used_by = tuple(str(receipt) for receipt in receipts if receipt.place == place)
        try:
            yield store_statistics(reopen(root, place), place, used_by)
        except UserError as error:
            say(f"left out: {error}")


def store_statistics(store: Store, place: Place, used_by: tuple[str, ...]) -> StoreStatistics:
    """Read every marker, the sizes of all files, and a few objects. Raises UserError if the table is damaged."""
    markers = {row: done for row in range(len(store.table())) if (done := store.done(row)) is not None}
    facts = [done.facts for done in markers.values()]  # of cells, or else of pixels
    shares = [
        float(share) for fact in facts if (share := fact.get("foreground_cells", fact.get("foreground"))) is not None
    ]
    views = max((spec.shape[0] for spec in store.specs.values() if len(spec.shape) > 2), default=1)
    object_bytes = sum(int(np.prod(spec.shape)) * np.dtype(spec.dtype).itemsize for spec in store.specs.values())
    read_rate = _objects_read_per_second(store, list(markers))
    times, failed = [], 0
    for row in markers:
        with suppress(FileNotFoundError):  # it is being written anew
            times.append(store.marker_path(row).stat().st_mtime)
    for failures in store.path.glob("failures*.jsonl"):
        with suppress(FileNotFoundError):  # a stage that writes the store has removed it
            failed += len(read_file(failures).splitlines())
    first, last = (min(times), max(times)) if times else (None, None)
    return StoreStatistics(
        place=place,
        used_by=used_by,
        objects=len(markers),
        failed=failed,
        bytes=size_and_time(store.path)[0],
        dense_bytes=len(markers) * object_bytes,
        foreground_share=float(np.mean(shares)) if shares else None,
        read_views_per_second=read_rate and read_rate * views,
        read_megabytes_per_second=read_rate and read_rate * object_bytes / 1e6,
        first_written=first,
        last_written=last,
        # The first object was begun before its marker was written, so it does not count.
        written_views_per_second=(len(times) - 1) * views / (last - first) if first and last and last > first else None,
    )


def _objects_read_per_second(store: Store, rows: Sequence[int]) -> float | None:
    """Read whole objects from all over the store, with their checksums. The first is read before the clock starts."""
    count = min(len(rows), MEASURED + 1)
    sample = [rows[index * len(rows) // count] for index in range(count)]
    start = 0.0
    try:
        for row in sample[:1] + (sample[1:] or sample):
            for name in store.specs:
                store.read(name, row)
            start = start or time.perf_counter()
    except (UserError, FileNotFoundError):
        return None
    return max(count - 1, 1) / (time.perf_counter() - start) if sample else None


def _written(store: StoreStatistics) -> str:
    if store.first_written is None or store.last_written is None:
        return "-"
    first, last = datetime.fromtimestamp(store.first_written), datetime.fromtimestamp(store.last_written)  # local time
    until = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M}"
    rate = store.written_views_per_second
    return f"{first:%Y-%m-%d %H:%M}-{until}" + ("" if rate is None else f", {rate:.0f} views/s")


def _format(template: str, value: float | None) -> str:
    return "-" if value is None else template.format(value)


COLUMNS: dict[str, Callable[[StoreStatistics], str]] = {  # views/s and MB/s are those of reading
    "store": lambda store: str(store.place),
    "used by": lambda store: ", ".join(store.used_by) or "unused",
    "objects": lambda store: str(store.objects),
    "failed": lambda store: str(store.failed),
    "on disk": lambda store: size_of(store.bytes),
    "dense": lambda store: size_of(store.dense_bytes),
    "share": lambda store: _format("{:.1%}", store.foreground_share),
    "disk/(share x dense)": lambda store: _format("{:.2f}", store.bytes_per_foreground_byte),
    "views/s": lambda store: _format("{:.0f}", store.read_views_per_second),
    "MB/s": lambda store: _format("{:.0f}", store.read_megabytes_per_second),
    "written": _written,
}
LEFT = ("store", "used by", "written")  # columns of text; numbers are aligned on the right


def statistics_table(statistics: Sequence[StoreStatistics]) -> str:
    """Format a line for each store."""
    columns = []
    for title, text in COLUMNS.items():
        cells = [title, *(text(store) for store in statistics)]
        align, width = str.ljust if title in LEFT else str.rjust, max(map(len, cells))
        columns.append([align(cell, width) for cell in cells])
    return "\n".join("  ".join(line).rstrip() for line in zip(*columns, strict=True))


def statistics_json(store: StoreStatistics) -> dict[str, Any]:
    """Return the same as plain values: bytes, shares of 1, seconds; None for what cannot be known."""
    record = asdict(store)
    overhead = store.bytes_per_foreground_byte
    return {"store": str(store.place), **record.pop("place"), **record, "bytes_per_foreground_byte": overhead}

"""What a store holds, what it costs, how fast it was filled and can be read."""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.artifacts.places import Place, PlaceKind, find_places
from pipeline.artifacts.references import references
from pipeline.artifacts.reopen import reopen
from pipeline.errors import UserError
from pipeline.progress import say
from pipeline.stores.store import Done, Store

SHARES = ("foreground_cells", "foreground")  # facts of a marker that say which share of an object's cells it fills
MEASURED = 4  # objects that are read to measure the speed


@dataclass(frozen=True)
class Speed:
    """Views and megabytes (of decoded arrays) in a second."""

    views: float
    megabytes: float


@dataclass(frozen=True)
class Written:
    """Times of the first and the last marker, s since 1970; views/s between them, None for less than two objects."""

    first: float
    last: float
    views_per_second: float | None


@dataclass(frozen=True)
class StoreStatistics:
    """`used_by`: the receipts. `dense`: bytes of the same objects as plain arrays. `foreground`: the mean share.

    What cannot be known of an empty store, or of labels, which have no share, is None; so is the speed of reading if
    what was to be read is damaged.
    """

    place: Place
    used_by: tuple[str, ...]
    objects: int
    failed: int
    bytes: int
    dense: int
    foreground: float | None
    reading: Speed | None
    written: Written | None

    @property
    def overhead(self) -> float | None:
        """Bytes over (foreground share x dense bytes): 1 would be plain foreground."""
        return self.bytes / (self.foreground * self.dense) if self.foreground and self.dense else None


def store_statistics(store: Store, place: Place, used_by: Sequence[str]) -> StoreStatistics:
    """Read every marker, the sizes of all files, and a few objects. Raises UserError if the table is damaged."""
    markers = {row: done for row in range(len(store.table())) if (done := store.done(row)) is not None}
    shares = [share for done in markers.values() if (share := _share(done)) is not None]
    return StoreStatistics(
        place=place,
        used_by=tuple(used_by),
        objects=len(markers),
        failed=sum(_lines(path) for path in store.path.glob("failures*.jsonl")),
        bytes=sum(_size(path) for path in store.path.rglob("*")),
        dense=len(markers) * _bytes_of_one(store),
        foreground=float(np.mean(shares)) if shares else None,
        reading=_reading(store, sorted(markers)),
        written=_written(store, sorted(markers)),
    )


def _lines(path: Path) -> int:
    try:
        return len(path.read_bytes().splitlines())
    except FileNotFoundError:  # a stage that writes the store has removed it
        return 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0


def _share(done: Done) -> float | None:
    return next((float(done.facts[name]) for name in SHARES if name in done.facts), None)


def _views(store: Store) -> int:
    return max((spec.shape[0] for spec in store.specs.values() if len(spec.shape) > 2), default=1)


def _bytes_of_one(store: Store) -> int:
    return sum(int(np.prod(spec.shape)) * np.dtype(spec.dtype).itemsize for spec in store.specs.values())


def _reading(store: Store, rows: Sequence[int]) -> Speed | None:
    """Whole objects, checksums included, spread over the store. The first is read before the clock starts."""
    chosen = [rows[i * len(rows) // (MEASURED + 1)] for i in range(MEASURED + 1)] if len(rows) > MEASURED else rows
    if not chosen:
        return None
    measured = chosen[1:] or chosen
    try:
        _read(store, chosen[0])
        start = time.perf_counter()
        for row in measured:
            _read(store, row)
    except (UserError, FileNotFoundError):
        return None
    seconds = time.perf_counter() - start
    return Speed(len(measured) * _views(store) / seconds, len(measured) * _bytes_of_one(store) / seconds / 1e6)


def _read(store: Store, row: int) -> None:
    for name in store.specs:
        store.read(name, row)


def _written(store: Store, rows: Sequence[int]) -> Written | None:
    """By the markers' times. The first object was begun before its marker was written, so it counts for no rate."""
    times = []
    for row in rows:
        with suppress(FileNotFoundError):  # it is being written anew
            times.append(store.marker_path(row).stat().st_mtime)
    times.sort()
    if not times:
        return None
    seconds = times[-1] - times[0]
    return Written(times[0], times[-1], (len(times) - 1) * _views(store) / seconds if seconds > 0 else None)


def all_statistics(root: Path, kinds: Sequence[PlaceKind], category: str | None) -> Iterator[StoreStatistics]:
    """Of every store below storage.root of these kinds and this category. Of a damaged one, only that is said."""
    pointing = references(kinds, category)
    for place in find_places(root, kinds, category):
        used_by = [str(reference) for reference in pointing if reference.place == place]
        try:
            yield store_statistics(reopen(root, place), place, used_by)
        except UserError as error:
            say(f"left out: {error}")

"""Statistics of stores as a table for a person, and as JSON for a program."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pipeline.upkeep.byte_rate import size_of
from pipeline.upkeep.statistics import StoreStatistics, Written

HEAD = (
    "store",
    "used by",
    "objects",
    "failed",
    "on disk",
    "dense",
    "share",
    "disk/(share x dense)",
    "views/s",
    "MB/s",
    "written",
)
LEFT = ("store", "used by", "written")
UNUSED, NOTHING = "unused", "-"


def statistics_table(found: Sequence[StoreStatistics]) -> str:
    """A line a store. views/s and MB/s are those of reading, the views/s at the end those of writing."""
    rows = [HEAD, *(_cells(one) for one in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if name in LEFT else cell.rjust(width)
            for name, cell, width in zip(HEAD, row, widths, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _cells(one: StoreStatistics) -> tuple[str, ...]:
    reading = one.reading
    return (
        str(one.place),
        ", ".join(one.used_by) or UNUSED,
        str(one.objects),
        str(one.failed),
        size_of(one.bytes),
        size_of(one.dense),
        NOTHING if one.foreground is None else f"{one.foreground:.1%}",
        NOTHING if one.overhead is None else f"{one.overhead:.2f}",
        NOTHING if reading is None else f"{reading.views:.0f}",
        NOTHING if reading is None else f"{reading.megabytes:.0f}",
        NOTHING if one.written is None else _times(one.written),
    )


def _times(written: Written) -> str:
    first, last = (datetime.fromtimestamp(when) for when in (written.first, written.last))  # the clock on the wall
    until = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M}"
    rate = "" if written.views_per_second is None else f", {written.views_per_second:.0f} views/s"
    return f"{first:%Y-%m-%d %H:%M}-{until}{rate}"


def statistics_json(found: Sequence[StoreStatistics]) -> list[dict[str, Any]]:
    """The same as plain values: bytes, shares of 1, seconds since 1970; null for what cannot be known."""
    return [
        {
            "store": str(one.place),
            "kind": one.place.kind,
            "teacher": one.place.teacher,
            "category": one.place.category,
            "fingerprint": one.place.fingerprint,
            "used_by": list(one.used_by),
            "objects": one.objects,
            "failed": one.failed,
            "bytes": one.bytes,
            "dense_bytes": one.dense,
            "foreground_share": one.foreground,
            "bytes_per_foreground_byte": one.overhead,
            "read_views_per_second": one.reading and one.reading.views,
            "read_megabytes_per_second": one.reading and one.reading.megabytes,
            "first_written": one.written and one.written.first,
            "last_written": one.written and one.written.last,
            "written_views_per_second": one.written and one.written.views_per_second,
        }
        for one in found
    ]

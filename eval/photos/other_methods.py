"""Rows of other methods, imported from a csv file: numbers that were published, with their source."""

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from eval.photos.photo_score import PHOTO_METRICS, THRESHOLDS, PhotoMetric
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.spair.spair_folder import CATEGORIES, OUR_NAMES
from pipeline.datasets.text_files import read_bytes
from pipeline.errors import UserError

COLUMNS = ("method", "category", "metric", "threshold", "value", "source")
MOST_BYTES, MOST_CHARACTERS = 1 << 20, 300


@dataclass(frozen=True)
class OtherMethod:
    """A published number: PCK as a share in 0..1, at a threshold of a metric, and where it was published."""

    method: str
    category: str
    metric: PhotoMetric
    threshold: float
    value: float
    source: str


def read_other_methods(path: Path) -> tuple[OtherMethod, ...]:
    """Read a csv with the columns of `COLUMNS`; `value` is in percent, as papers print it.

    Raises UserError that names the line for a wrong column, category, metric, threshold or value, and for a row without
    source.
    """
    try:
        content = read_bytes(path.parent, PurePosixPath(path.name), MOST_BYTES)
        text = content.decode("utf-8-sig")
        rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise UserError(f"{path}: the first line must be {','.join(COLUMNS)}.")
        others: dict[tuple[str, str, str, float], OtherMethod] = {}
        for row in rows:
            other = _row(path, rows.line_num, row)
            cell = other.method, other.category, other.metric, other.threshold
            if cell in others:
                raise UserError(f"{path}: line {rows.line_num} gives a number of {other.method} again: keep one.")
            others[cell] = other
        return tuple(others.values())
    except DatasetError as error:
        raise UserError(f"{path} {error.reason}: name a csv file of other methods.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is no csv in UTF-8 ({error}): save it again.") from None


def _row(path: Path, line: int, row: dict[str, str | None]) -> OtherMethod:
    def refuse(column: str, wanted: str) -> UserError:
        return UserError(f"{path}: line {line}: {column} is {str(row.get(column))[:80]!r}: give {wanted}.")

    texts = {name: (row.get(name) or "").strip() for name in COLUMNS}
    if None in row or any(row.get(name) is None for name in COLUMNS):
        raise UserError(f"{path}: line {line} has not {len(COLUMNS)} cells; put texts with commas into quotes.")
    for name in ("method", "source"):
        if not 0 < len(texts[name]) <= MOST_CHARACTERS or not texts[name].isprintable():
            raise refuse(name, f"a line of at most {MOST_CHARACTERS} characters")
    category = OUR_NAMES.get(texts["category"], texts["category"])
    if category not in CATEGORIES:
        raise refuse("category", f"one of {', '.join(CATEGORIES)}")
    if texts["metric"] not in PHOTO_METRICS:
        raise refuse("metric", f"one of {', '.join(PHOTO_METRICS)}")
    metric = texts["metric"]
    threshold, value = _number(texts["threshold"]), _number(texts["value"])
    if threshold not in THRESHOLDS[metric]:
        raise refuse("threshold", f"one of {', '.join(f'{t:g}' for t in THRESHOLDS[metric])}, which are measured here")
    if not 0 <= value <= 100:
        raise refuse("value", "a percentage from 0 to 100")
    return OtherMethod(texts["method"], category, metric, threshold, value / 100, texts["source"])


def _number(text: str) -> float:
    """Return the number, NaN if it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan

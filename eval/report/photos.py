"""Keypoint transfer between photographs in the report: its tables, and what to know of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.photos.other_methods import OtherMethod
from eval.photos.photo_score import PHOTO_METRICS, REFERENCE_SIZE, THRESHOLDS, PhotoMetric
from eval.photos.photo_statistics import PhotoStatistics, read_photo_statistics
from eval.photos.photo_transfer import ALL, PhotoTable
from eval.report.numbers import NOTHING
from eval.report.tables import Row, Table, column, difference_cell, plain, rows_of
from eval.statistics.intervals import Interval
from pipeline.artifacts.runs import RunRecord
from pipeline.config.field_name import FieldName

METRIC_TITLES: Mapping[PhotoMetric, str] = {
    "pixels": f"px of {REFERENCE_SIZE}",
    "box": "× longer side of the box",
    "image": "× longer side of the image",
}
_PLACES = tuple((metric, index) for metric in PHOTO_METRICS for index in range(len(THRESHOLDS[metric])))
_HEADS = tuple(f"{THRESHOLDS[metric][index]:g}" for metric, index in _PLACES)
_GROUPS = (("", 1), *((METRIC_TITLES[metric], len(THRESHOLDS[metric])) for metric in PHOTO_METRICS))


@dataclass(frozen=True)
class PhotoView:
    """The tables of one category and split by the name of their pairs, and the sentences around them."""

    title: str
    text: str
    tables: tuple[tuple[str, Table], ...]
    differences: Table | None
    sources: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]


def photo_results(
    fields: Sequence[FieldName], runs: Sequence[RunRecord]
) -> tuple[tuple[tuple[str, PhotoStatistics], ...], tuple[str, ...]]:
    """Read the results of each field by its title, and say which are of a model that was trained again since.

    Most fields have none: `pipeline evaluate-photos` is no stage. Raises UserError for a damaged file.
    """
    current, gaps = [], []
    for field, run in zip(fields, runs, strict=True):
        for path, statistics in read_photo_statistics(field.instance):
            if statistics.model == run.model_digest:
                current.append((field.title, statistics))
            else:
                gaps.append(f"{path} is of another model than {field.title}: run `pipeline evaluate-photos` again.")
    return tuple(current), tuple(gaps)


def photo_view(statistics: PhotoStatistics) -> PhotoView:
    """Gather what is shown of a field's results on photos."""
    groups = list(dict.fromkeys(table.group for table in statistics.tables))
    return PhotoView(
        title=f"SPair-71k, {statistics.category}, {statistics.split}",
        text=photo_text(statistics),
        tables=tuple((group, photo_table(statistics, group)) for group in groups),
        differences=_differences(_of_group(statistics, ALL)),
        sources=tuple(dict.fromkeys(f"{other.method}: {other.source}" for other in statistics.others)),
        skipped=tuple(sorted(statistics.skipped.items())),
    )


def photo_text(statistics: PhotoStatistics) -> str:
    """Say on what and how it was measured."""
    boxed = f", {len(statistics.boxed)} of them by the box alone" if statistics.boxed else ""
    cut = "their segmentation" if statistics.cut_out == "segmentation" else "their annotated box"
    return (
        f"{statistics.pairs} pairs of {statistics.photos} photos (list {statistics.layout}), cut out by {cut}{boxed}; "
        f"{len(statistics.skipped)} pairs were skipped. An object fills {statistics.framing:.0%} of an image of "
        f"{statistics.size} x {statistics.size} pixels. Camera: {statistics.camera}. PCK is the mean over pairs."
    )


def photo_table(statistics: PhotoStatistics, group: str) -> Table:
    """A row for each descriptor and, over all pairs, for each other method: PCK in percent, the interval below."""
    tables = _of_group(statistics, group)
    own = [row.descriptor for row in tables["pixels"].rows]
    others = _by_method(statistics.others) if group == ALL else {}
    columns = []
    for metric, index in _PLACES:
        pck = [row.pck[index] if row.pck is not None else None for row in tables[metric].rows]
        published = [values.get((metric, THRESHOLDS[metric][index])) for values in others.values()]
        columns.append(column([*pck, *(None if v is None else Interval(v, v, v) for v in published)]))
    columns.append(plain([*(row.keypoint_pairs for row in tables["pixels"].rows), *[NOTHING] * len(others)]))
    return Table(("Descriptor", *_HEADS, "pairs"), rows_of([*own, *others], columns), (*_GROUPS, ("", 1)))


def _differences(tables: Mapping[PhotoMetric, PhotoTable]) -> Table | None:
    """A row for the field's descriptor less each other one; None if there is no other."""
    rows = []
    for number, compared in enumerate(tables["pixels"].differences):
        of_metric = {metric: tables[metric].differences[number].pck for metric in PHOTO_METRICS}
        cells = tuple(difference_cell(pck[i] if (pck := of_metric[m]) is not None else None) for m, i in _PLACES)
        rows.append(Row(f"{compared.descriptor} \u2212 {compared.baseline}", cells))
    return Table(("Difference", *_HEADS), tuple(rows), _GROUPS) if rows else None


def _of_group(statistics: PhotoStatistics, group: str) -> dict[PhotoMetric, PhotoTable]:
    return {table.metric: table for table in statistics.tables if table.group == group}


def _by_method(others: Sequence[OtherMethod]) -> dict[str, dict[tuple[PhotoMetric, float], float]]:
    """The published numbers by method, then by metric and threshold."""
    methods: dict[str, dict[tuple[PhotoMetric, float], float]] = {}
    for other in others:
        methods.setdefault(other.method, {})[other.metric, other.threshold] = other.value
    return methods

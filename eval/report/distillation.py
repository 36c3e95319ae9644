"""The distilled feature in the report: its verdict, and its table."""

from collections.abc import Sequence

from eval.distillation.distillation_summary import KIND_TITLES, Kind
from eval.distillation.verdict import DistillationVerdict, distillation_verdict
from eval.report.contents import DistilledFeature, Section
from eval.report.numbers import NOTHING, interval, similarity
from eval.report.tables import Cell, Row, Table, column
from eval.statistics.intervals import Interval

CONSTANT = "constant mean feature"


def section_verdict(section: Section) -> DistillationVerdict | None:
    """Judge the whole field's distilled feature. None if it has none, or if nothing was measured."""
    return distillation_verdict(section.distilled[0].distillation) if section.distilled else None


def distillation_table(features: Sequence[DistilledFeature]) -> Table | None:
    """A row for each distilled feature and one for the constant; R^2 and cosine of each kind. None without features."""
    kinds = [kind for kind in KIND_TITLES if any(kind in feature.distillation for feature in features)]
    if not kinds:
        return None
    columns = [cells for kind in kinds for cells in _columns(features, kind)]
    names = [*(feature.name for feature in features), CONSTANT]
    rows = zip(names, zip(*columns, strict=True), strict=True)
    return Table(
        ("Feature", *("R²", "cosine", "cells") * len(kinds)),
        tuple(Row(name, cells, name == CONSTANT) for name, cells in rows),
        (("", 1), *((KIND_TITLES[kind], 3) for kind in kinds)),
    )


def _columns(features: Sequence[DistilledFeature], kind: Kind) -> tuple[tuple[Cell, ...], ...]:
    """R^2, cosine and the number of cells; the constant, the same for all fields, is the first one's."""
    summaries = [feature.distillation.get(kind) for feature in features]
    first = next(summary for summary in summaries if summary is not None)
    scores = [*(None if summary is None else summary.field for summary in summaries), first.constant]
    cells = [*(NOTHING if summary is None else str(summary.cells) for summary in summaries), str(first.cells)]
    return (
        _scores([None if of_feature is None else of_feature.r2 for of_feature in scores], first.has_interval),
        _scores([None if of_feature is None else of_feature.cosine for of_feature in scores], first.has_interval),
        tuple(Cell(text) for text in cells),
    )


def _scores(values: Sequence[Interval | None], with_intervals: bool) -> tuple[Cell, ...]:
    below = [interval(value, similarity) if value is not None and with_intervals else "" for value in values]
    return column([None if value is None else value.mean for value in values], similarity, below)

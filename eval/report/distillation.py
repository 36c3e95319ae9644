"""The distilled feature in the report: its table."""

from collections.abc import Sequence

from eval.distillation.distillation_summary import KIND_TITLES, Distillation, Kind
from eval.report.numbers import NOTHING, similarity
from eval.report.tables import Cell, Row, Table, column, plain
from eval.statistics.intervals import Interval

CONSTANT = "constant mean feature"


def distillation_table(features: Sequence[tuple[str, Distillation]]) -> Table | None:
    """A row for each distilled feature and one for the constant; R^2 and cosine of each kind. None without features."""
    kinds = [kind for kind in KIND_TITLES if any(kind in distillation for _, distillation in features)]
    if not kinds:
        return None
    columns = [cells for kind in kinds for cells in _columns([distillation for _, distillation in features], kind)]
    names = [*(name for name, _ in features), CONSTANT]
    rows = zip(names, zip(*columns, strict=True), strict=True)
    return Table(
        ("Feature", *("R²", "cosine", "cells") * len(kinds)),
        tuple(Row(name, cells, name == CONSTANT) for name, cells in rows),
        (("", 1), *((KIND_TITLES[kind], 3) for kind in kinds)),
    )


def _columns(features: Sequence[Distillation], kind: Kind) -> tuple[tuple[Cell, ...], ...]:
    """R^2, cosine and the number of cells; the constant, the same for all fields, is the first one's."""
    summaries = [distillation.get(kind) for distillation in features]
    first = next(summary for summary in summaries if summary is not None)
    fields = [None if summary is None else summary.field for summary in summaries]
    scores = [*fields, first.constant]
    cells = [*(NOTHING if summary is None else summary.cells for summary in summaries), first.cells]

    def compared(values: Sequence[Interval | None]) -> tuple[Cell, ...]:
        return column(values, similarity, with_intervals=first.has_interval)

    return (
        compared([None if each is None else each.r2 for each in scores]),
        compared([None if each is None else each.cosine for each in scores]),
        plain(cells),
    )

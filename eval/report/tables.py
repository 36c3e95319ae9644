"""Numbers as tables: the text of each cell, and which value of a column is best."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from eval.report.contents import CONTROLS, Training
from eval.report.numbers import NOTHING, amount, decibel, interval, p_value, percent, signed, similarity
from eval.statistics.intervals import Interval
from eval.statistics.summary import Difference, TransferDifference, TransferSummary
from eval.synthesis.synthesis_summary import METRICS, Metric, SynthesisDifference, SynthesisSummary
from eval.transfer.transfer_result import Task, threshold_name

METRIC_HEADS: Mapping[Metric, str] = {"psnr": "PSNR, dB", "ssim": "SSIM", "lpips": "LPIPS"}
METRIC_TEXTS: Mapping[Metric, Callable[[float], str]] = {"psnr": decibel, "ssim": similarity, "lpips": similarity}


@dataclass(frozen=True)
class Cell:
    """A cell's text, lines below it in small type, and whether it is the best of its column."""

    text: str
    small: tuple[str, ...] = ()
    best: bool = False


@dataclass(frozen=True)
class Row:
    """A row's name and its cells; `quiet` sets it back, for what is no competitor."""

    name: str
    cells: tuple[Cell, ...]
    quiet: bool = False


@dataclass(frozen=True)
class Table:
    """Column heads, the first that of the row names; over them groups of columns (name, span) where there are any."""

    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    groups: tuple[tuple[str, int], ...] = ()


def column(
    values: Sequence[Interval | None],
    text_of: Callable[[float], str] = percent,
    lower_is_better: bool = False,
    with_intervals: bool = True,
) -> tuple[Cell, ...]:
    """Cells of values to compare, the interval below; a dash for what was not measured.

    What reads the same as the best is marked too. Nothing is marked where all that is known reads the same.
    """
    known = [value.mean for value in values if value is not None and math.isfinite(value.mean)]
    best = None
    if len({text_of(value) for value in known}) > 1:
        best = text_of(min(known) if lower_is_better else max(known))
    cells = []
    for value in values:
        if value is None:
            cells.append(Cell(NOTHING))
        else:
            below = interval(value, text_of) if with_intervals else ""
            cells.append(Cell(text_of(value.mean), (below,) if below else (), text_of(value.mean) == best))
    return tuple(cells)


def plain(values: Sequence[object]) -> tuple[Cell, ...]:
    """Cells of texts or counts, which are not compared."""
    return tuple(Cell(f"{value}") for value in values)


def rows_of(names: Sequence[str], columns: Sequence[tuple[Cell, ...]]) -> tuple[Row, ...]:
    """Turn columns of cells into named rows; the controls are set back."""
    return tuple(
        Row(name, cells, name in CONTROLS) for name, cells in zip(names, zip(*columns, strict=True), strict=True)
    )


def pck_column(rows: Sequence[TransferSummary | None], index: int) -> tuple[Cell, ...]:
    """PCK of each row at one of its thresholds (-1: the largest), in percent, the interval below."""
    return column([None if row is None or row.pck is None else row.pck[index] for row in rows])


def iou_column(rows: Sequence[TransferSummary | None]) -> tuple[Cell, ...]:
    """IoU of each row in percent, the interval below."""
    return column([None if row is None else row.iou for row in rows])


def metric_column(rows: Sequence[SynthesisSummary | None], metric: Metric) -> tuple[Cell, ...]:
    """A metric of each row, the interval below."""
    values = [None if row is None else row.of(metric) for row in rows]
    return column(values, METRIC_TEXTS[metric], lower_is_better=metric == "lpips")


def transfer_table(task: Task, rows: Sequence[TransferSummary]) -> Table:
    """A row for each descriptor, at least one: PCK at each threshold, part IoU, and the numbers of pairs."""
    thresholds = rows[0].thresholds
    columns = [*(pck_column(rows, index) for index in range(len(thresholds))), iou_column(rows)]
    columns += [plain([getattr(row, name) for row in rows]) for name in ("pairs", "keypoint_pairs", "part_pairs")]
    return Table(
        ("Descriptor", *(threshold_name(task, value) for value in thresholds), "IoU", "all", "keypoints", "parts"),
        rows_of([row.descriptor for row in rows], columns),
        (("", 1), ("PCK below, %", len(thresholds)), ("Parts, %", 1), ("Pairs", 3)),
    )


def difference_table(task: Task, differences: Sequence[TransferDifference]) -> Table:
    """A row for each difference, at least one, in percentage points; interval and p below."""
    thresholds = differences[0].thresholds
    rows = []
    for compared in differences:
        values = (*(compared.pck or [None] * len(thresholds)), compared.iou)
        cells = (*map(difference_cell, values), Cell(str(compared.pairs)))
        rows.append(Row(f"{compared.descriptor} \u2212 {compared.baseline}", cells))
    return Table(
        ("Difference", *(threshold_name(task, value) for value in thresholds), "IoU", "Pairs"),
        tuple(rows),
        (("", 1), ("PCK below, points", len(thresholds)), ("Parts, points", 1), ("", 1)),
    )


def synthesis_table(rows: Sequence[SynthesisSummary]) -> Table:
    """A row for each way of making views; LPIPS, lower being better, only where one has it."""
    shown = shown_metrics(rows)
    columns = [*(metric_column(rows, metric) for metric in shown), plain([row.views for row in rows])]
    heads = ("Views from", *(METRIC_HEADS[metric] for metric in shown), "views")
    return Table(heads, rows_of([row.way for row in rows], columns))


def synthesis_difference_table(differences: Sequence[SynthesisDifference]) -> Table:
    """A row for each difference, at least one; interval and p below."""
    shown = shown_metrics(differences)
    rows = []
    for compared in differences:
        metrics = [difference_cell(compared.of(metric), METRIC_TEXTS[metric]) for metric in shown]
        rows.append(Row(compared.way, (*metrics, Cell(str(compared.views)))))
    return Table(("Difference", *(METRIC_HEADS[metric] for metric in shown), "views"), tuple(rows))


def shown_metrics(rows: Sequence[SynthesisSummary | SynthesisDifference]) -> list[Metric]:
    """PSNR and SSIM, and LPIPS where one has it."""
    return [metric for metric in METRICS if metric != "lpips" or any(row.of(metric) for row in rows)]


def loss_table(training: Training) -> Table:
    """Each term's size at the beginning and the end, and its share of the weighted sum at the end."""
    total = sum(term.weight * term.last for term in training.losses)
    rows = []
    for term in training.losses:
        weighted = term.weight * term.last
        share = percent(weighted / total) if total > 0 else NOTHING
        texts = (f"{term.weight:g}", amount(term.first), amount(term.last), amount(weighted), share)
        rows.append(Row(term.name, plain(texts)))
    return Table(("Term", "weight", "first", "last", "weight × last", "share, %"), tuple(rows))


def difference_cell(difference: Difference | None, text_of: Callable[[float], str] = percent) -> Cell:
    """A difference with its sign, interval and p below; a dash for what was not measured."""
    if difference is None:
        return Cell(NOTHING)
    below = (*filter(None, [interval(difference, text_of)]), p_value(difference.p))
    return Cell(signed(difference.mean, text_of), below)

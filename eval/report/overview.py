"""All categories beside each other: one table for each task and teacher, and one for the views."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eval.report.contents import Section
from eval.report.tables import Cell, Row, Table, iou_column, metric_column, pck_column
from eval.report.titles import TASK_TITLES
from eval.statistics.summary import TransferSummary
from eval.transfer.chance import CHANCE
from eval.transfer.transfer_result import TASKS, Task, threshold_name


@dataclass(frozen=True)
class Overview:
    """A table and what it is of, such as `2D cross instance, taught by dino`."""

    title: str
    table: Table


def overviews(sections: Sequence[Section]) -> tuple[Overview, ...]:
    """A table for each task that has a row, teacher by teacher, then one of the views for each teacher."""
    teachers = list(dict.fromkeys(section.teacher for section in sections))
    tables = []
    for task in TASKS:
        for teacher in teachers:
            table = _transfer(task, [section for section in sections if section.teacher == teacher])
            if table is not None:
                tables.append(Overview(f"{TASK_TITLES[task]}, taught by {teacher}", table))
    for teacher in teachers:
        table = _synthesis([section for section in sections if section.teacher == teacher])
        if table is not None:
            tables.append(Overview(f"View synthesis, taught by {teacher}", table))
    return tuple(tables)


def _transfer(task: Task, sections: Sequence[Section]) -> Table | None:
    """PCK at the largest threshold and part IoU of every descriptor in every category; None if there is no row."""
    by_section: list[dict[str, TransferSummary]] = []
    for section in sections:
        of_task = section.task(task)
        by_section.append({row.descriptor: row for row in of_task.rows} if of_task else {})
    names = _ordered(by_section)
    if not names:
        return None
    widest = max((row.thresholds[-1] for rows in by_section for row in rows.values()), default=None)
    columns, heads = [], []
    for rows in by_section:
        summaries = [rows.get(name) for name in names]
        columns += [pck_column(summaries, -1), iou_column(summaries)]
        heads += ["PCK" if widest is None else f"PCK {threshold_name(task, widest)}", "IoU"]
    return _table("Descriptor", names, columns, heads, [section.category for section in sections], 2)


def _synthesis(sections: Sequence[Section]) -> Table | None:
    by_section = [{row.way: row for row in section.synthesis} for section in sections]
    names = _ordered(by_section)
    if not names:
        return None
    columns, heads = [], []
    for rows in by_section:
        summaries = [rows.get(name) for name in names]
        columns += [metric_column(summaries, "psnr"), metric_column(summaries, "ssim")]
        heads += ["PSNR, dB", "SSIM"]
    return _table("Views from", names, columns, heads, [section.category for section in sections], 2)


def _ordered(by_section: Sequence[Iterable[str]]) -> list[str]:
    """Names in order of first appearance, chance last."""
    names = dict.fromkeys(name for rows in by_section for name in rows)
    return sorted(names, key=lambda name: name == CHANCE)


def _table(
    head: str,
    names: Sequence[str],
    columns: Sequence[tuple[Cell, ...]],
    heads: Sequence[str],
    categories: Sequence[str],
    span: int,
) -> Table:
    rows = zip(names, zip(*columns, strict=True), strict=True)
    return Table(
        (head, *heads),
        tuple(Row(name, cells, name == CHANCE) for name, cells in rows),
        (("", 1), *((category, span) for category in categories)),
    )

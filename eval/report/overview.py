"""All categories beside each other: one table for each task and teacher, and one for the views."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TypeAlias, TypeVar

from eval.descriptors.position import POSITION
from eval.report.contents import Section
from eval.report.missing import has_numbers, has_views
from eval.report.tables import METRIC_HEADS, Cell, Table, iou_column, metric_column, pck_column, rows_of
from eval.report.titles import TASK_TITLES
from eval.statistics.summary import TransferSummary
from eval.synthesis.synthesis_summary import METRICS
from eval.transfer.chance import CHANCE
from eval.transfer.transfer_result import TASKS, Task, threshold_name

Summary = TypeVar("Summary")
# The cells of a column, from the summary of each row where it has one.
Column: TypeAlias = Callable[[Sequence[Summary | None]], tuple[Cell, ...]]


def overviews(sections: Sequence[Section]) -> tuple[tuple[str, Table], ...]:
    """A table for each task with a number, teacher by teacher, then one of the views for each teacher, with titles."""
    by_teacher: dict[str, list[Section]] = {}
    for section in sections:
        by_teacher.setdefault(section.teacher, []).append(section)
    return (
        *(
            (f"{TASK_TITLES[task]}, taught by {teacher}", _transfer(task, own))
            for task in TASKS
            for teacher, own in by_teacher.items()
            if any(has_numbers(section.task(task)) for section in own)
        ),
        *(
            (f"View synthesis, taught by {teacher}", _synthesis(own))
            for teacher, own in by_teacher.items()
            if any(map(has_views, own))
        ),
    )


def scores_table(section: Section) -> Table | None:
    """Lay out every task of a section: keypoints at the largest threshold and parts. None without a number."""
    shown = [task for task in section.tasks if has_numbers(task)]
    if not shown:
        return None
    names = _in_order(row.descriptor for task in shown for row in task.rows)
    cells, heads = [], []
    for task in shown:
        by_name = {row.descriptor: row for row in task.rows}
        rows = [by_name.get(name) for name in names]
        cells += [pck_column(rows, -1), iou_column(rows)]
        at = threshold_name(task.name, task.rows[0].thresholds[-1]).replace(" ", "\u00a0")
        heads += [f"keypoints {at}", "parts"]
    groups = (("", 1), *((TASK_TITLES[task.name], 2) for task in shown))
    return Table(("Descriptor", *heads), rows_of(names, cells), groups)


def _transfer(task: Task, sections: Sequence[Section]) -> Table:
    """PCK at the largest threshold and part IoU of every descriptor in every category."""
    by_section = [{row.descriptor: row for row in section.task(task).rows} for section in sections]
    widest = max(row.thresholds[-1] for rows in by_section for row in rows.values())
    columns: dict[str, Column[TransferSummary]] = {
        f"PCK {threshold_name(task, widest)}": partial(pck_column, index=-1),
        "IoU": iou_column,
    }
    return _table("Descriptor", sections, by_section, columns)


def _synthesis(sections: Sequence[Section]) -> Table:
    by_section = [{row.way: row for row in section.synthesis} for section in sections]
    columns = {METRIC_HEADS[metric]: partial(metric_column, metric=metric) for metric in METRICS[:2]}
    return _table("Views from", sections, by_section, columns)


def _table(
    head: str,
    sections: Sequence[Section],
    by_section: Sequence[Mapping[str, Summary]],
    columns: Mapping[str, Column[Summary]],
) -> Table:
    """Lay out the same columns for each section; rows in order of first appearance, controls last."""
    names = _in_order(name for summaries in by_section for name in summaries)
    cells = [column([summaries.get(name) for name in names]) for summaries in by_section for column in columns.values()]
    groups = (("", 1), *((section.category, len(columns)) for section in sections))
    return Table((head, *(list(columns) * len(sections))), rows_of(names, cells), groups)


def _in_order(names: Iterable[str]) -> list[str]:
    """Sort the different names: by first appearance, the controls last."""
    return sorted(dict.fromkeys(names), key=lambda name: (name == CHANCE, name == POSITION))

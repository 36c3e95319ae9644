"""A table of runs for a terminal: a column for each run, a line for each setting that differs and for each metric."""

from collections.abc import Sequence
from typing import Any

from pipeline.errors import UserError
from pipeline.upkeep.compare.run_state import RunState

WIDTH = 160
NAME, LEAST, MOST = 44, 9, 18  # characters of a line's name at most, and of a column
GAP = "  "
ABSENT = "-"


def run_table(states: Sequence[RunState]) -> str:
    """Lay out the runs that have metrics, in at most 160 columns. Raises UserError if none has."""
    runs = [state for state in states if state.metrics]
    if not runs:
        raise UserError("no run has metrics yet: `dvc repro` makes them, and `git commit` keeps them.")
    lines = [*_settings(runs), *_metrics(runs)]
    name = min(NAME, max(len(line[0]) for line in lines))
    # Cells of every line, also of runs that do not fit in the end: their width does not depend on the count.
    column = min(
        MOST, max(LEAST, *(len(run.name) for run in runs), *(len(cell) for line in lines for cell in line[1:]))
    )
    shown = min(len(runs), (WIDTH - name) // (column + len(GAP)))
    body = [_line(line[0], line[1 : shown + 1], name, column) for line in lines]
    head = _line("", [run.name for run in runs[:shown]], name, column)
    rest = len(runs) - shown
    left_out = [f"{rest} older run{'' if rest == 1 else 's'} left out: a line has {WIDTH} columns."] if rest else []
    return "\n".join([head, *body, *left_out])


def _settings(runs: Sequence[RunState]) -> list[list[str]]:
    keys = dict.fromkeys(key for run in runs for key in run.settings)
    differ = [key for key in keys if any(run.settings.get(key) != runs[0].settings.get(key) for run in runs)]
    lines = [[key, *(_text(run.settings.get(key)) for run in runs)] for key in differ]
    return [["settings that differ"], *lines] if lines else []


def _metrics(runs: Sequence[RunState]) -> list[list[str]]:
    lines: list[list[str]] = []
    for field in dict.fromkeys(field for run in runs for field in run.metrics):
        lines.append([field])
        names = dict.fromkeys(name for run in runs for name in run.metrics.get(field, {}))
        lines += [[f"  {name}", *(_text(run.metrics.get(field, {}).get(name)) for run in runs)] for name in names]
    return lines


def _text(value: Any) -> str:
    if value is None:
        return ABSENT
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _line(name: str, cells: Sequence[str], width: int, column: int) -> str:
    return GAP.join([f"{_cut(name, width):<{width}}", *(f"{_cut(cell, column):>{column}}" for cell in cells)]).rstrip()


def _cut(text: str, width: int) -> str:
    """Shorten a text from the left: the end tells two keys apart."""
    return text if len(text) <= width else f"…{text[1 - width :]}"

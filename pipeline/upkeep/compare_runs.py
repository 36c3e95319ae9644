"""`pipeline compare`: a table of commits and experiments as DVC knows them, with what differs in their settings."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pipeline.errors import UserError
from pipeline.stores.typed_json import load_json

SETTINGS = "settings.yaml"
SHORT_SHA = 7
WIDTH = 160
NAME, LEAST, MOST = 44, 9, 18  # characters of a line's name at most, and of a column
GAP = "  "
ABSENT = "-"


@dataclass(frozen=True)
class RunState:
    """A commit, an experiment or the workspace. Keys of settings and metrics are dotted; metrics stand by field."""

    name: str
    settings: Mapping[str, Any]
    metrics: Mapping[str, Mapping[str, Any]]


def dvc_states(commits: int) -> list[RunState]:
    """Ask DVC for the workspace, the last `commits` commits and their experiments. Raises UserError if DVC fails."""
    words = [sys.executable, "-m", "dvc", "exp", "show", "--json", "--num", str(commits)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise UserError(f"`dvc exp show` stops ({said}): ask `pipeline doctor` for the reason.")
    try:
        return list(parsed_states(load_json(done.stdout)))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError("`dvc exp show --json` prints no table of runs: run it to see what it says.") from None


def parsed_states(baselines: list[dict[str, Any]]) -> Iterator[RunState]:
    """Read the answer of `dvc exp show --json`: each commit, followed by its experiments. One without data is empty."""
    for baseline in baselines:
        yield _state(baseline)
        for experiment in baseline.get("experiments") or ():
            yield from (_state(rev) for rev in experiment.get("revs") or ())


def _state(found: dict[str, Any]) -> RunState:
    data, rev = found.get("data") or {}, str(found["rev"])
    name = found.get("name") or (rev if rev == "workspace" else rev[:SHORT_SHA])
    metrics = {PurePosixPath(path).parent.name: _values(held) for path, held in (data.get("metrics") or {}).items()}
    settings = _values((data.get("params") or {}).get(SETTINGS) or {})
    return RunState(name, settings, {field: values for field, values in sorted(metrics.items()) if values})


def _values(file: dict[str, Any]) -> dict[str, Any]:
    """Return a file's values under dotted keys; none if DVC could not read it."""
    return dict(_dotted(file.get("data") or {}, ""))


def _dotted(tree: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(tree, dict):
        yield prefix, tree
        return
    for key, value in tree.items():
        yield from _dotted(value, f"{prefix}.{key}" if prefix else str(key))


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

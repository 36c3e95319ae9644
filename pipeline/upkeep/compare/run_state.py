"""A commit, an experiment or the workspace as DVC knows it: its settings and its metrics."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pipeline.errors import UserError
from pipeline.stores.typed_json import load_json

SETTINGS = "settings.yaml"
SHORT_SHA = 7


@dataclass(frozen=True)
class RunState:
    """A commit, an experiment or the workspace. Keys of settings and metrics are dotted; metrics stand by field."""

    name: str
    settings: Mapping[str, Any]
    metrics: Mapping[str, Mapping[str, Any]]


def dvc_states(commits: int) -> list[RunState]:
    """Ask DVC for the workspace, so many last commits and their experiments. Raises UserError if DVC fails."""
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

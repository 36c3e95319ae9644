"""The table of a category: one YAML file that gives each kind of object its numbers, ranges and words.

A cell is a number, `yes`, a word, a list, `0.2..0.3` (any number between), `60%` (yes in so many of 100), or cells with
`|` between them (one of these). The first may have a condition, `30% A | B` or `A if seat.cushion | B`: A in 30 of 100,
or A if that cell, drawn before, is not 0; otherwise what follows.

A cell stands in a group, `seat: {width: 0.4}`, or has its group in its name, `seat.width: 0.4`. Cells are drawn in the
order of the table: first the numbers of the kind, then the section `every`, where cells of the kind take the place of
its own. A key that begins with `either` has a list of tables, one of which completes the kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

Cells = dict[str, Any]
"""Cells, as they stand in a table or as drawn, by group and name: "seat.width"."""


@dataclass(frozen=True)
class Group:
    """Values drawn for one group of a table, as attributes: numbers, with yes as 1 and no as 0, words, and arrays."""

    name: str
    cells: Cells

    def __getattr__(self, key: str) -> Any:
        """The cell called `key`. Raises KeyError if the table has none."""
        value = self.cells[f"{self.name}.{key}"]
        return np.array(value, np.float64) if isinstance(value, list) else value

    def __contains__(self, key: str) -> bool:
        """Tell whether the table has a cell called `key`."""
        return f"{self.name}.{key}" in self.cells


@cache
def kinds_of(category: str) -> Mapping[str, Cells]:
    """The table of a category by kind, completed by the section `every`."""
    table = yaml.safe_load((files("pipeline.synthetic") / category / "kinds.yaml").read_text(encoding="utf-8"))
    every = _flat(table.pop("every"))
    kinds = {kind: _flat(own) for kind, own in table.items()}
    return {kind: {name: own[name] for name in own if not is_look(name)} | every | own for kind, own in kinds.items()}


def is_look(name: str) -> bool:
    """Tell whether a cell is of the groups that make materials."""
    return name.startswith(("colours.", "materials."))


def cells_of(category: str, kind: str, rng: np.random.Generator) -> Cells:
    """The cells of one object of a kind, not drawn, completed by one of each list of tables."""
    cells = dict(kinds_of(category)[kind])
    for key in [key for key in cells if key.startswith("either")]:
        alternatives = cells.pop(key)
        cells |= _flat(alternatives[int(rng.integers(len(alternatives)))])
    return cells


def drawn(cell: Any, known: Cells, rng: np.random.Generator) -> Any:
    """Draw a cell. Conditions look at the drawn cells `known`."""
    if isinstance(cell, list):
        return [drawn(inner, known, rng) for inner in cell]
    if not isinstance(cell, str):
        return float(cell)
    if "|" in cell:
        return drawn(yaml.safe_load(_choice(cell, known, rng)), known, rng)
    if ".." in cell:
        low, high = cell.split("..")
        return rng.uniform(float(low), float(high))
    return float(rng.random() < float(cell[:-1]) / 100.0) if cell.endswith("%") else cell


def _choice(cell: str, known: Cells, rng: np.random.Generator) -> str:
    """One of the cells with `|` between them, or those after the first where its condition does not hold."""
    first, _, others = cell.partition("|")
    if " if " in first:
        first, condition = first.split(" if ")
        taken = bool(known[condition.strip()])
    elif "% " in first.strip():
        percent, first = first.strip().split("% ")
        taken = rng.random() < float(percent) / 100.0
    else:
        choices = cell.split("|")
        return choices[int(rng.integers(len(choices)))]
    return first if taken else _choice(others, known, rng)


def _flat(groups: Mapping[str, Any]) -> Cells:
    """The cells of a table by group and name; what is in no group stays as it is."""
    cells: Cells = {}
    for key, value in groups.items():
        cells |= {f"{key}.{name}": cell for name, cell in value.items()} if isinstance(value, dict) else {key: value}
    return cells

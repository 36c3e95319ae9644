"""The table of a category: one YAML file that gives each kind of object its numbers, ranges and words.

A cell is a number, `yes`, a word, a list, `0.2..0.3` (any number between), `60%` (yes in so many of 100), or cells with
`|` between them (one of these). The section `every` holds what a kind does not say itself. A key of a kind that begins
with `either` has a list of tables, one of which completes the kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from jaxtyping import Float64


@dataclass(frozen=True)
class Group:
    """What is drawn for one group of a table: a number is an attribute; yes is 1 and no is 0."""

    name: str
    cells: Mapping[str, Any]

    def __getattr__(self, key: str) -> float:
        """The number called `key`. Raises KeyError if the table has none."""
        return float(self._cell(key))

    def word(self, key: str) -> str:
        """The word called `key`."""
        return str(self._cell(key))

    def rows(self, key: str) -> Float64[np.ndarray, "..."]:
        """The list called `key`, of numbers or of rows of numbers."""
        return np.array(self._cell(key), np.float64)

    def has(self, key: str) -> bool:
        """Whether the table has a cell called `key`."""
        return key in self.cells

    def _cell(self, key: str) -> Any:
        if key not in self.cells:
            raise KeyError(f"the table has no '{key}' in group '{self.name}'")
        return self.cells[key]


@cache
def kinds_of(category: str) -> Mapping[str, Mapping[str, Any]]:
    """The table of a category by kind, completed by the section `every`."""
    table = yaml.safe_load((files("pipeline.synthetic") / category / "kinds.yaml").read_text(encoding="utf-8"))
    every = table.pop("every", {})
    return {kind: _completed(every, own) for kind, own in table.items()}


def draw(category: str, kind: str, rng: np.random.Generator) -> dict[str, Group]:
    """Draw the numbers of one object, in the table's order, by group."""
    table = kinds_of(category)[kind]
    for alternatives in [table[key] for key in table if key.startswith("either")]:
        table = _completed(table, alternatives[int(rng.integers(len(alternatives)))])
    return {
        name: Group(name, {key: _drawn(cell, rng) for key, cell in cells.items()})
        for name, cells in table.items()
        if not name.startswith("either")
    }


def _completed(table: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The table with the cells of `own` in place of its own or beside them."""
    groups = {name: table.get(name, {}) | cells for name, cells in own.items() if isinstance(cells, dict)}
    return {**table, **own, **groups}


def _drawn(cell: Any, rng: np.random.Generator) -> Any:
    if isinstance(cell, list):
        return [_drawn(inner, rng) for inner in cell]
    if not isinstance(cell, str):
        return float(cell)
    if "|" in cell:
        choices = cell.split("|")
        return _drawn(yaml.safe_load(choices[int(rng.integers(len(choices)))]), rng)
    if ".." in cell:
        low, high = cell.split("..")
        return rng.uniform(float(low), float(high))
    return float(rng.random() < float(cell[:-1]) / 100.0) if cell.endswith("%") else cell

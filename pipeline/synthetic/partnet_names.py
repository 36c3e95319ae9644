"""PartNet's names of a category's parts: what made-up objects need of the tables in its `stats/` folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True)
class PartNetNames:
    """Paths are below the category's root node, without its name.

    `level1`: the merged paths that are the classes of level 1, in the published order, which is that of the labels.
    `merged`: raw path (result.json) to merged path (result_after_merging.json). A raw path that is absent belongs to no
    merged node; two raw paths may share one.
    """

    level1: tuple[str, ...]
    merged: Mapping[str, str]


@cache
def partnet_names(category: str) -> PartNetNames:
    """Read `partnet.yaml` of a category. Raises FileNotFoundError for a category that PartNet does not have."""
    tables = yaml.safe_load((files("pipeline.synthetic") / category / "partnet.yaml").read_text(encoding="utf-8"))
    merged = {}
    for node, below in tables["merged"].items():
        raw, _, moved = node.partition(" > ")
        merged[raw] = moved or raw
        for name in (below or "").split():
            merged[f"{raw}/{name}"] = f"{moved or raw}/{name}"
    return PartNetNames(tuple(tables["level1"]), merged)


def label_of_path(category: str, path: Sequence[str]) -> int:
    """The label of a piece by its raw path: the class of level 1 that it or the nearest node above it becomes, or 0."""
    names, raw = partnet_names(category), [step.partition(":")[0] for step in path]
    above = [names.merged.get("/".join(raw[: depth + 1])) for depth in range(len(raw))]
    return next((names.level1.index(node) + 1 for node in reversed(above) if node in names.level1), 0)

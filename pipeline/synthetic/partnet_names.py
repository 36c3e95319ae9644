"""How PartNet names the parts of a category: the tables of its `stats/` folder that made-up objects need."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PartNetNames:
    """Paths are below the category's root node, without its name.

    `level1`: the merged paths that are the classes of level 1, in the published order, which is that of the labels.
    `merged`: raw path (result.json) to merged path (result_after_merging.json). A raw path that is absent belongs to no
    merged node; two raw paths may share one.
    """

    level1: tuple[str, ...]
    merged: Mapping[str, str]

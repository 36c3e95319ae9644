"""PartNet's names of a category's parts: the tables of its `stats/` folder that made-up objects need."""

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


def renamed(raw: str, merged: str, *names: str) -> dict[str, str]:
    """The raw path `raw` and the paths `names` below it, which merging moves to `merged`."""
    return {raw: merged} | {f"{raw}/{name}": f"{merged}/{name}" for name in names}


def kept(path: str, *names: str) -> dict[str, str]:
    """A path and the paths `names` below it, which merging leaves as they are."""
    return renamed(path, path, *names)

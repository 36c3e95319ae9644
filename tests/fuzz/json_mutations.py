"""What can happen to a json file: a node becomes something else, or all of it does."""

import json
from pathlib import Path
from typing import Any

import numpy as np

VALUES: tuple[Any, ...] = (
    None, True, False, [], {}, "", "x", -1, 0, 10**30, 1.5, float("nan"), float("inf"), [None], [[[[]]]], [1e308] * 3,
    "../../x", "/etc/passwd", "a\0b", "../outside/secret.h5", {"a": 1}, 2**63, "1", [0] * 1000,
)  # fmt: skip


def json_changed(file: Path, rng: np.random.Generator) -> None:
    """A random node becomes something else, or goes, or is there twice."""
    tree = json.loads(file.read_text(encoding="utf-8", errors="replace"))
    for _ in range(int(rng.integers(1, 3))):
        places: list[tuple[Any, Any]] = []
        open_nodes = [tree]
        while open_nodes:
            node = open_nodes.pop()
            items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
            for name, child in items:
                places.append((node, name))
                open_nodes.append(child)
        if not places:
            break
        node, name = places[int(rng.integers(len(places)))]
        kind = int(rng.integers(5))
        if kind == 0:
            del node[name]
        elif kind == 1 and isinstance(node, list):
            node.append(node[name])
        else:
            node[name] = VALUES[int(rng.integers(len(VALUES)))]
    file.write_text(json.dumps(tree))


def json_replaced(file: Path, rng: np.random.Generator) -> None:
    deep = ["[" * 200_000, "[" * 900 + "]" * 900, '{"a":' * 100_000, "9" * 10_000, "1e999", "[1,]", "NaN"]
    values = [json.dumps(value) for value in VALUES]
    file.write_text(str(rng.choice(deep + values)))

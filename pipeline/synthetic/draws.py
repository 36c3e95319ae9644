"""Random draws from named seeds: the same names give the same draws on every machine."""

import hashlib
from collections.abc import Sequence

import numpy as np


def named_generator(*names: str | int) -> np.random.Generator:
    """A generator seeded by the sha256 of the names, joined by slashes."""
    digest = hashlib.sha256("/".join(str(name) for name in names).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def dealt(kinds: Sequence[str], category: str, index: int, seed: int) -> str:
    """Choose the kind of object `index`. Kinds are dealt like cards: every len(kinds) objects in turn hold all of them.

    Independent draws would leave small sets without some kinds.
    """
    order = named_generator("kinds", category, seed, index // len(kinds)).permutation(len(kinds))
    return kinds[int(order[index % len(kinds)])]

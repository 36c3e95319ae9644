"""Which objects train, which are validated and tested; and the pairs among the test objects."""

import json
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UserError
from pipeline.manifest import CrossInstancePair, Split, released_path
from pipeline.seeds import generator_of


@dataclass(frozen=True)
class ReleasedSplits:
    """A released FeatureNeRF split file: `<folder>/<synset>.json`."""

    split: dict[str, Split]
    pairs: tuple[CrossInstancePair, ...]


def read_released_splits(folder: Path, synset: str) -> ReleasedSplits:
    """Read `<folder>/<synset>.json`. Raises UserError that names the file and the field."""
    path = released_path(folder, synset)
    try:
        held = json.loads(path.read_text())
        names: tuple[Split, ...] = ("train", "val", "test")
        split: dict[str, Split] = {object_id: name for name in names for object_id in held[name]}
        pairs = tuple(CrossInstancePair(p["src"], p["trg"], int(p["view"])) for p in held["cross_inst_pairs"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no released split file ({type(error).__name__}: {error}).") from None
    return ReleasedSplits(split, pairs)


def seeded_splits(ids: list[str], fractions: tuple[float, float, float], seed: int, synset: str) -> dict[str, Split]:
    """Train, val and test by `fractions` of a seeded order.

    With three objects or more no split that has a share is empty. Of two, one trains and one tests; one alone trains.
    """
    order = [sorted(ids)[i] for i in generator_of("splits", seed, synset).permutation(len(ids))]
    test, val = (max(round(share * len(order)), int(share > 0)) for share in (fractions[2], fractions[1]))
    room = len(order) - int(fractions[0] > 0)  # one is left to train
    while test + val > room and test + val > 0:
        if val >= test:
            val -= 1
        else:
            test -= 1
    split: dict[str, Split] = dict.fromkeys(order, "train")
    split |= dict.fromkeys(order[:test], "test")
    split |= dict.fromkeys(order[test : test + val], "val")
    return split


def seeded_pairs(ids: list[str], views: int, count: int, seed: int, synset: str) -> tuple[CrossInstancePair, ...]:
    """`count` draws of two different objects of `ids` and a view; fewer than two objects give no pair."""
    ids = sorted(ids)
    if len(ids) < 2:
        return ()
    rng = generator_of("cross-instance pairs", seed, synset)
    pairs = []
    for _ in range(count):
        src, trg = rng.choice(len(ids), size=2, replace=False)
        pairs.append(CrossInstancePair(ids[src], ids[trg], int(rng.integers(views))))
    return tuple(pairs)

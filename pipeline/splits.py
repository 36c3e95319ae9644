"""Which objects train, which are validated and tested; and the pairs among the test objects."""

import json
from dataclasses import dataclass
from pathlib import Path

from pipeline.atomic_files import sha256_of
from pipeline.errors import UserError
from pipeline.manifest import CrossInstancePair, Split
from pipeline.seeds import generator_of

SEEDED = "seeded"


@dataclass(frozen=True)
class ReleasedSplits:
    """A released FeatureNeRF split file: `<folder>/<synset>.json`."""

    sha256: str
    split: dict[str, Split]
    pairs: tuple[CrossInstancePair, ...]


def read_released_splits(folder: Path, synset: str) -> ReleasedSplits:
    """Read `<folder>/<synset>.json`. Raises UserError that names the file and the field."""
    path = folder / f"{synset}.json"
    try:
        held = json.loads(path.read_text())
        names: tuple[Split, ...] = ("train", "val", "test")
        split: dict[str, Split] = {object_id: name for name in names for object_id in held[name]}
        pairs = tuple(CrossInstancePair(p["src"], p["trg"], int(p["view"])) for p in held["cross_inst_pairs"])
    except FileNotFoundError:
        raise UserError(
            f"{path} is missing: manifest.splits names the folder of the released files, or is '{SEEDED}'."
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no released split file ({type(error).__name__}: {error}).") from None
    return ReleasedSplits(sha256_of(path), split, pairs)


def seeded_splits(ids: list[str], fractions: tuple[float, float, float], seed: int, synset: str) -> dict[str, Split]:
    """Train, val and test by `fractions` of a seeded order; none of the three is empty if there are three objects.

    A single object trains.
    """
    order = [sorted(ids)[i] for i in generator_of("splits", seed, synset).permutation(len(ids))]
    test = max(round(fractions[2] * len(order)), 1 if len(order) >= 2 and fractions[2] > 0 else 0)
    val = max(round(fractions[1] * len(order)), 1 if len(order) >= 3 and fractions[1] > 0 else 0)
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

"""Pairs among the test objects: drawn from a seed, or given and checked against the objects that are there."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.seeds import generator_of

NOTHING_IN_COMMON = "no keypoint and no part in common"
NOT_A_TEST_OBJECT = "an object that is not among the test objects"
NO_SUCH_VIEW = "a view beyond camera.views"
DRAWS_FOR_A_PAIR = 20  # where so many draws have nothing in common on average, fewer pairs are made


@dataclass(frozen=True)
class CrossInstancePair:
    """Transfer from one test object to another, both seen from the pose with the number `view`."""

    src: str
    trg: str
    view: int


@dataclass(frozen=True)
class CrossViewPair:
    """The test object `id` seen from the pose `src_view`, and again from `trg_view`."""

    id: str
    src_view: int
    trg_view: int


@dataclass(frozen=True)
class Carried:
    """An object's annotations: semantic ids of keypoints, and labels of parts."""

    keypoints: frozenset[int]
    parts: frozenset[int]

    def has_in_common(self, other: "Carried") -> bool:
        """Tell whether the two share a keypoint or a part, so that a transfer can be measured."""
        return bool(self.keypoints & other.keypoints or self.parts & other.parts)


@dataclass(frozen=True)
class Pairs:
    """The pairs of both kinds, and how many others were skipped, by reason."""

    cross_instance: tuple[CrossInstancePair, ...]
    cross_view: tuple[CrossViewPair, ...]
    skipped: Mapping[str, int]


def seeded_pairs(test: Mapping[str, Carried], views: int, count: int, seed: int, synset: str) -> Pairs:
    """Draw `count` pairs of each kind among the test objects.

    Objects that carry both annotations are taken; where there are none, those with one.
    Cross-instance: two different objects and a view; a draw with nothing in common is skipped, counted and drawn again,
    at most DRAWS_FOR_A_PAIR times a pair. Cross-view: an object and two different views; where no object carries an
    annotation, of all of them, because view synthesis needs none. Fewer than two objects, or views, give no pair.
    """
    both = sorted(i for i, carried in test.items() if carried.keypoints and carried.parts)
    annotated = both or sorted(i for i, carried in test.items() if carried.keypoints or carried.parts)
    instance: list[CrossInstancePair] = []
    skipped = 0
    rng = generator_of("cross-instance pairs", seed, synset)
    while len(annotated) > 1 and len(instance) < count and skipped < count * DRAWS_FOR_A_PAIR:
        src, trg = (annotated[i] for i in rng.choice(len(annotated), size=2, replace=False))
        pair = CrossInstancePair(src, trg, int(rng.integers(views)))
        if test[src].has_in_common(test[trg]):
            instance.append(pair)
        else:
            skipped += 1
    seen = annotated or sorted(test)
    view: list[CrossViewPair] = []
    rng = generator_of("cross-view pairs", seed, synset)
    while seen and views > 1 and len(view) < count:
        first, second = (int(v) for v in rng.choice(views, size=2, replace=False))
        view.append(CrossViewPair(seen[int(rng.integers(len(seen)))], first, second))
    return Pairs(tuple(instance), tuple(view), {NOTHING_IN_COMMON: skipped} if skipped else {})


def usable_pairs(
    instance: Iterable[CrossInstancePair], view: Iterable[CrossViewPair], test: Mapping[str, Carried], views: int
) -> Pairs:
    """Keep the given pairs whose objects and views are there and have something in common, in their order.

    A cross-view pair needs no annotation: view synthesis is measured on it.
    """
    skipped: Counter[str] = Counter()

    def usable(ids: tuple[str, ...], numbers: tuple[int, ...], in_common: bool) -> bool:
        reason = _missing(ids, numbers, test, views)
        if reason is None and in_common and not test[ids[0]].has_in_common(test[ids[1]]):
            reason = NOTHING_IN_COMMON
        if reason is not None:
            skipped[reason] += 1
        return reason is None

    kept_instance = tuple(p for p in instance if usable((p.src, p.trg), (p.view,), in_common=True))
    kept_view = tuple(p for p in view if usable((p.id,), (p.src_view, p.trg_view), in_common=False))
    return Pairs(kept_instance, kept_view, dict(sorted(skipped.items())))


def _missing(ids: tuple[str, ...], numbers: tuple[int, ...], test: Mapping[str, Carried], views: int) -> str | None:
    if not all(object_id in test for object_id in ids):
        return NOT_A_TEST_OBJECT
    return None if all(0 <= number < views for number in numbers) else NO_SUCH_VIEW

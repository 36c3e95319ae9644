"""Pairs: drawn from a seed, and given ones checked against what is there."""

from collections import Counter

from pipeline.manifests.pairs import (
    NO_SUCH_VIEW,
    NOT_A_TEST_OBJECT,
    NOTHING_IN_COMMON,
    Carried,
    CrossInstancePair,
    CrossViewPair,
    seeded_pairs,
    usable_pairs,
)


def carried(keypoints: set[int], parts: set[int]) -> Carried:
    return Carried(frozenset(keypoints), frozenset(parts))


ALIKE = {name: carried({0, 1}, {1}) for name in "abc"}
NONE = carried(set(), set())


def test_seeded_pairs_join_different_objects_and_views_that_exist() -> None:
    pairs = seeded_pairs(ALIKE, 50, 1000, 0, "s")
    assert len(pairs.cross_instance) == len(pairs.cross_view) == 1000
    assert all(p.src != p.trg and 0 <= p.view < 50 for p in pairs.cross_instance)
    # six ordered pairs, each drawn about 167 times: none is forgotten
    assert len({(p.src, p.trg) for p in pairs.cross_instance}) == 6
    assert {p.view for p in pairs.cross_instance} == set(range(50))
    assert all(p.src_view != p.trg_view for p in pairs.cross_view)
    assert {p.id for p in pairs.cross_view} == {"a", "b", "c"}
    assert {p.src_view for p in pairs.cross_view} == {p.trg_view for p in pairs.cross_view} == set(range(50))
    assert pairs.skipped == {}
    assert seeded_pairs(ALIKE, 50, 1000, 0, "s") == pairs
    assert seeded_pairs(ALIKE, 50, 1000, 1, "s") != pairs


def test_objects_with_both_annotations_go_first() -> None:
    test = {**ALIKE, "only keypoints": carried({0}, set()), "nothing": NONE}
    assert seeded_pairs(test, 50, 200, 0, "s") == seeded_pairs(ALIKE, 50, 200, 0, "s")
    fewer = {"x": carried({0}, set()), "y": carried({0}, set()), "nothing": NONE}
    pairs = seeded_pairs(fewer, 50, 200, 0, "s")
    assert {p.src for p in pairs.cross_instance} == {"x", "y"}


def test_draws_with_nothing_in_common_are_skipped_counted_and_drawn_again() -> None:
    test = {"a": carried({0}, {1}), "b": carried({0}, {2}), "c": carried({7}, {3})}
    pairs = seeded_pairs(test, 50, 300, 0, "s")
    assert len(pairs.cross_instance) == 300
    assert {frozenset((p.src, p.trg)) for p in pairs.cross_instance} == {frozenset("ab")}
    # a third of the draws is (a, b) or (b, a): 300 kept ones come with about 600 others
    assert 450 < pairs.skipped[NOTHING_IN_COMMON] < 800


def test_the_draws_end_where_no_two_objects_have_anything_in_common() -> None:
    pairs = seeded_pairs({"a": carried({0}, {1}), "b": carried({1}, {2})}, 50, 10, 0, "s")
    assert pairs.cross_instance == ()
    assert pairs.skipped == {NOTHING_IN_COMMON: 200}
    assert len(pairs.cross_view) == 10


def test_without_annotations_view_synthesis_still_has_pairs() -> None:
    pairs = seeded_pairs({"a": NONE, "b": NONE}, 50, 10, 0, "s")
    assert pairs.cross_instance == ()
    assert len(pairs.cross_view) == 10
    assert seeded_pairs({}, 50, 10, 0, "s").cross_view == ()
    assert seeded_pairs({"a": NONE}, 1, 10, 0, "s").cross_view == ()


def test_one_object_gives_no_cross_instance_pair() -> None:
    assert seeded_pairs({"a": ALIKE["a"]}, 50, 10, 0, "s").cross_instance == ()


def test_given_pairs_are_kept_in_order_or_counted() -> None:
    test = {"a": carried({0}, {1}), "b": carried({0}, set()), "c": carried(set(), {1}), "d": carried({5}, {4})}
    instance = [
        CrossInstancePair("c", "a", 0),  # a part
        CrossInstancePair("a", "b", 49),  # a keypoint
        CrossInstancePair("b", "c", 0),  # neither
        CrossInstancePair("a", "d", 0),  # neither
        CrossInstancePair("a", "gone", 0),
        CrossInstancePair("a", "b", 50),
        CrossInstancePair("a", "b", -1),
    ]
    view = [CrossViewPair("d", 0, 49), CrossViewPair("d", 0, 50), CrossViewPair("gone", 0, 1)]
    pairs = usable_pairs(instance, view, test, 50)
    assert pairs.cross_instance == tuple(instance[:2])
    assert pairs.cross_view == tuple(view[:1])
    assert Counter(pairs.skipped) == {NOTHING_IN_COMMON: 2, NOT_A_TEST_OBJECT: 2, NO_SUCH_VIEW: 3}

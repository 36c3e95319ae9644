from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from train.rendering.shared_batches import shared_batches


def test_small_requests_share_and_large_ones_do_not() -> None:
    assert shared_batches([3, 10, 2, 3, 50], 10) == [[4], [1], [0, 3, 2]]
    assert shared_batches([], 10) == []


@given(counts=st.lists(st.integers(1, 40)), most=st.integers(1, 100))
def test_every_request_is_in_one_batch_and_no_batch_is_too_large(counts: list[int], most: int) -> None:
    batches = shared_batches(counts, most)
    assert sorted(number for batch in batches for number in batch) == list(range(len(counts)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(counts[number] for number in batch) <= most


@given(counts=st.lists(st.integers(1, 20), min_size=1), most=st.integers(40, 100))
def test_no_two_batches_that_follow_each_other_could_be_one(counts: list[int], most: int) -> None:
    batches = shared_batches(counts, most)
    for first, second in pairwise(batches):
        assert (len(first) + 1) * counts[first[0]] > most
        assert counts[second[0]] <= counts[first[-1]]

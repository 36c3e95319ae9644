import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from eval.descriptors.similarity import DECIMALS, _places, most_similar, nearest, normalised, unit_vectors
from tests.eval import naive_evaluator as naive


@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_agrees_with_a_double_loop_whatever_the_size_of_the_pieces(seed, max_elements):
    draw = np.random.default_rng(seed)
    queries, candidates = draw.normal(size=(7, 3)), draw.normal(size=(11, 3))
    found = most_similar(torch.from_numpy(queries), torch.from_numpy(candidates), max_elements)
    assert found.tolist() == [naive.most_similar(query, candidates, naive.cosine) for query in queries]


@pytest.mark.parametrize("max_elements", [1, 3, 1000])
def test_the_lowest_index_wins_a_tie(max_elements):
    one = torch.randn(1, 384, generator=torch.Generator().manual_seed(3))
    candidates = torch.cat([-one, *[one * scale for scale in (2.0, 0.5, 1.0, 7.0)]] * 5)
    assert most_similar(one.repeat(9, 1), candidates, max_elements).tolist() == [1] * 9


def test_candidates_that_are_hardly_apart_are_told_apart():
    # Angles of 1e-5 rad: their cosines differ by 5e-11, which float32 cannot tell from 1.
    angle = torch.tensor([2e-5, 0.0, 1e-5])
    candidates = torch.stack([torch.cos(angle), torch.sin(angle)], dim=1)
    assert most_similar(candidates, candidates).tolist() == [0, 1, 2]


@given(st.integers(0, 2**32 - 1), st.floats(1e-8, 1), st.sampled_from([50, 700, 1 << 24]))
def test_picking_out_first_changes_nothing(seed, spread, max_elements):
    """Features of all degrees of likeness, duplicates among them, against the plain product in float64."""
    generator = torch.Generator().manual_seed(seed)
    base = torch.randn(1, 16, generator=generator, dtype=torch.float64)
    candidates = base + spread * torch.randn(60, 16, generator=generator, dtype=torch.float64)
    candidates = torch.cat([candidates, candidates[:7]])
    queries = base + spread * torch.randn(20, 16, generator=generator, dtype=torch.float64)
    plain = (normalised(queries) @ normalised(candidates).T).round(decimals=DECIMALS)
    assert most_similar(queries, candidates, max_elements).tolist() == plain.argmax(dim=1).tolist()


@given(st.integers(0, 2**32 - 1), st.tuples(st.integers(1, 7), st.integers(1, 21)), st.sampled_from([0, 0.1, 1]))
def test_places_are_those_that_are_marked(seed, size, share):
    marked = torch.rand(size, generator=torch.Generator().manual_seed(seed)) < share
    expected = marked.flatten().nonzero()[:, 0].tolist()
    assert _places(marked, most=len(expected)).tolist() == expected
    assert not expected or _places(marked, most=len(expected) - 1) is None


def test_a_query_without_length_takes_the_first():
    assert most_similar(torch.zeros(2, 3), torch.eye(3)).tolist() == [0, 0]


def test_no_piece_is_larger_than_stated(monkeypatch):
    sizes = []
    product = torch.Tensor.__matmul__

    def recorded(left, right):
        result = product(left, right)
        sizes.append(result.numel())
        return result

    monkeypatch.setattr(torch.Tensor, "__matmul__", recorded)
    circle = torch.arange(1.0, 8.0)
    apart = torch.stack([torch.cos(circle), torch.sin(circle)], dim=1)
    most_similar(torch.ones(10, 2), torch.ones(7, 2), max_elements=20)
    assert max(sizes) <= 20
    assert sum(sizes) == 140  # all alike: once in float32, once in float64
    sizes.clear()
    most_similar(apart.repeat(6, 1), apart.repeat(6, 1), max_elements=800)
    assert max(sizes) <= 800
    assert sum(sizes) == 2 * 42 * 42  # six of 42 are alike, more than one in 32
    sizes.clear()
    most_similar(torch.eye(50)[:10], torch.eye(50))
    assert sizes == [500]


def test_no_candidate_and_no_number_are_refused():
    with pytest.raises(ValueError, match="no candidate"):
        most_similar(torch.ones(1, 2), torch.ones(0, 2))
    with pytest.raises(ValueError, match="not finite"):
        most_similar(torch.tensor([[float("nan"), 1.0]]), torch.ones(1, 2))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_it_finds_what_it_finds_on_a_cpu():
    generator = torch.Generator().manual_seed(4)
    queries, candidates = torch.randn(300, 64, generator=generator), torch.randn(200, 64, generator=generator)
    candidates = torch.cat([candidates, 3 * candidates])
    found = most_similar(queries.cuda(), candidates.cuda(), max_elements=5000)
    assert found.is_cuda
    assert found.tolist() == most_similar(queries, candidates).tolist()


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_is_not_waited_for_where_few_are_matched():
    queries, candidates = (unit_vectors(torch.eye(8)[rows].cuda()) for rows in ([3, 1], [0, 1, 2, 3, 3]))
    torch.cuda.set_sync_debug_mode("error")
    try:
        found = nearest(queries, candidates)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert found.tolist() == [3, 1]

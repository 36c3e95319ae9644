import itertools

import numpy as np
import pytest

from eval.statistics.intervals import mean_intervals
from eval.statistics.object_clusters import object_clusters, standard_error
from eval.statistics.significance import sign_flip_p
from eval.transfer.pairs import Pair
from pipeline.datasets.records import ObjectKey
from pipeline.seeds import generator_of

WIDE = (-99.0, 99.0)


def key(number):
    return ObjectKey("03001627", str(number))


def pairs_of(sources, targets):
    return [Pair(key(a), 0, key(b), 1) for a, b in zip(sources, targets, strict=True)]


def slow_standard_error(pairs, values):
    """The sum of residual products over all pairs of pairs with a common object, and its correction."""
    residual = values - values.mean()
    total = 0.0
    for one, mine in zip(pairs, residual, strict=True):
        for other, theirs in zip(pairs, residual, strict=True):
            if {one.source, one.target} & {other.source, other.target}:
                total += mine * theirs
    m = len({end for pair in pairs for end in (pair.source, pair.target)})
    two = any(pair.source != pair.target for pair in pairs)
    total *= m * (m - 1) / (m - 2) ** 2 if two else m / (m - 1)
    return np.sqrt(max(total, (residual**2).sum() * len(pairs) / (len(pairs) - 1))) / len(pairs)


# Reverse pairs, (0, 1) and (1, 0), share both of their objects and are two in the sum over objects: left out here.
@pytest.mark.parametrize("alone", [False, True])
def test_standard_error_agrees_with_a_double_loop(alone):
    draw = np.random.default_rng(3)
    sources = draw.integers(5, size=60)
    targets = sources if alone else 5 + draw.permutation(60)
    pairs, values = pairs_of(sources, targets), draw.normal(size=60) + sources
    expected = slow_standard_error(pairs, values)
    assert standard_error(object_clusters(pairs), values[:, None])[0] == pytest.approx(expected)


def test_where_all_objects_meet_it_is_that_of_the_objects():
    # A value is the sum of its objects' effects: the mean of all pairs is twice that of the effects.
    effect = np.random.default_rng(1).normal(size=6)
    both = list(itertools.combinations(range(6), 2))
    pairs, values = pairs_of(*zip(*both, strict=True)), np.array([effect[a] + effect[b] for a, b in both])
    # n = 15: an object's sum is 4 (effect - mean); squares are subtracted once.
    residual = values - values.mean()
    sums = 4 * (effect - effect.mean())
    expected = np.sqrt(((sums**2).sum() - (residual**2).sum()) * 30 / 16) / 15
    assert standard_error(object_clusters(pairs), values[:, None])[0] == pytest.approx(expected)


def test_equal_values_are_sure_and_too_few_objects_tell_nothing():
    (sure,) = mean_intervals(pairs_of((0, 1, 2), (3, 4, 5)), np.ones((3, 1)), (0.0, 1.0), np.random.default_rng(0))
    assert (sure.mean, sure.low, sure.high) == (1.0, 1.0, 1.0)
    values = np.array([[0.25], [0.75]])
    for pairs in (pairs_of((0, 1), (1, 0)), pairs_of((0, 0), (0, 0))):
        (unknown,) = mean_intervals(pairs, values, (0.0, 1.0), np.random.default_rng(0))
        assert (unknown.mean, unknown.low, unknown.high) == (0.5, 0.0, 1.0)
        assert sign_flip_p(pairs, values[:, 0], np.random.default_rng(0)) == 1.0
    with pytest.raises(ValueError, match="no pair"):
        mean_intervals([], np.zeros((0, 1)), WIDE, np.random.default_rng(0))


def test_the_same_seed_gives_the_same_and_pieces_do_not_matter(monkeypatch):
    draw = np.random.default_rng(5)
    pairs, values = pairs_of(draw.integers(20, size=50), 20 + draw.integers(20, size=50)), draw.random((50, 3))
    made = mean_intervals(pairs, values, (0.0, 1.0), generator_of("evaluate", 1))
    p = sign_flip_p(pairs, values[:, 0] - values[:, 1], generator_of("evaluate", 2))
    assert mean_intervals(pairs, values, (0.0, 1.0), generator_of("evaluate", 1)) == made
    # A column's draws are those of all others.
    assert mean_intervals(pairs, values[:, 1:2], (0.0, 1.0), generator_of("evaluate", 1))[0].low == pytest.approx(
        made[1].low
    )
    monkeypatch.setattr("eval.statistics.intervals.MAX_ELEMENTS", 400)
    again = mean_intervals(pairs, values, (0.0, 1.0), generator_of("evaluate", 1))
    for one, other in zip(made, again, strict=True):
        assert one.low == pytest.approx(other.low, abs=1e-12)
    monkeypatch.setattr("eval.statistics.significance.MAX_ELEMENTS", 5000)
    assert sign_flip_p(pairs, values[:, 0] - values[:, 1], generator_of("evaluate", 2)) == pytest.approx(p, abs=0.03)


def test_skewed_shares_have_skewed_intervals_within_their_bounds():
    values = np.ones((60, 1))
    values[:3] = 0
    pairs = pairs_of(range(60), range(60, 120))
    (interval,) = mean_intervals(pairs, values, (0.0, 1.0), np.random.default_rng(0))
    assert interval.mean - interval.low > interval.high - interval.mean > 0
    assert interval.high <= 1.0


def independent_bootstrap(values, draw, resamples):
    means = values[draw.integers(len(values), size=(resamples, len(values)))].mean(axis=1)
    return np.quantile(means, [0.025, 0.975])


def simulated(draw, objects, count, shared, alone):
    """Pairs and values of true mean 0: an object's effect, as source and as target correlated, and noise."""
    as_source = shared * draw.normal(size=objects)
    as_target = 0.7 * as_source + 0.7 * shared * draw.normal(size=objects)
    sources = draw.integers(objects, size=count)
    targets = sources if alone else (sources + draw.integers(1, objects, size=count)) % objects
    effect = as_source[sources] + (0.0 if alone else as_target[targets])
    return pairs_of(sources, targets), effect + draw.normal(size=count)


@pytest.mark.parametrize(
    ("objects", "count", "shared", "alone"),
    [
        (40, 200, 1.0, False),
        (40, 200, 1.0, True),
        pytest.param(300, 200, 1.0, False, marks=pytest.mark.long),
        pytest.param(40, 200, 0.0, False, marks=pytest.mark.long),
    ],
)
def test_coverage_where_the_truth_is_known(objects, count, shared, alone):
    """95% intervals hold the truth in 95% of 250 simulations, within 4 standard errors (1.4% each)."""
    draw, covered, plain, rejected, simulations = np.random.default_rng(8), 0, 0, 0, 250
    for _ in range(simulations):
        pairs, values = simulated(draw, objects, count, shared, alone)
        (interval,) = mean_intervals(pairs, values[:, None], WIDE, draw, resamples=400)
        covered += interval.low <= 0 <= interval.high
        rejected += sign_flip_p(pairs, values, draw, flips=300) <= 0.05
        low, high = independent_bootstrap(values, draw, 200)
        plain += low <= 0 <= high
    assert 0.895 <= covered / simulations <= 0.99
    assert rejected / simulations <= 0.105
    if shared and objects == 40:  # what knowing of shared objects is good for
        assert plain / simulations < 0.75


def test_p_of_all_flips_by_hand():
    # 8 pairs without shared objects, differences alike but one: |mean| of a flip reaches the true one only if all signs
    # agree (0.9 + 0.1 is lost by any flip), which 2 of 256 do. Student's with 14 degrees of freedom moves p upwards.
    pairs = pairs_of(range(8), range(8, 16))
    differences = np.array([1.0] * 7 + [0.9])
    p = sign_flip_p(pairs, differences, np.random.default_rng(0), flips=40000)
    assert p == pytest.approx(_students(2 / 256, 14), rel=0.25)
    assert sign_flip_p(pairs, -differences, np.random.default_rng(0)) == sign_flip_p(
        pairs, differences, np.random.default_rng(0)
    )


def _students(p, freedom):
    from scipy import stats

    return 2 * stats.t.sf(stats.norm.isf(p / 2), freedom)


def test_p_is_never_zero_and_no_difference_has_one():
    pairs = pairs_of(range(200), range(200, 400))
    assert 0 < sign_flip_p(pairs, np.linspace(1, 2, 200), np.random.default_rng(0), flips=999) < 0.0015
    assert sign_flip_p(pairs, np.zeros(200), np.random.default_rng(0), flips=99) == 1.0
